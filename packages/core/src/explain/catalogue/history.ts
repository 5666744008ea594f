import type { Value } from '../../compare/difference.js';
import type { Cause } from '../cause.js';
import { anyText, documentRule, exceptText, nothing } from '../document-rule.js';
import type { PairEvidence } from '../evidence.js';
import { stepText, stepWithoutValues, wordingOf } from '../history-step.js';
import { factsOf } from '../image-facts.js';

const HISTORY = 'https://github.com/opencontainers/image-spec/blob/main/config.md#properties';
const ENVIRONMENT = 'https://docs.docker.com/reference/dockerfile/#env';
const CREATED_BY = [['history', '*', 'created_by']];

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** What the config tells of the build's steps. No container sees it. */
export const HISTORY_CAUSES: readonly Cause[] = [
  {
    id: 'history-wording',
    title: 'The builders word the same step of the history in other ways',
    class: 'review',
    where: '/history/*/created_by of the config',
    shape:
      'The same instruction with the same arguments, but for what builders put around it (/bin/sh -c #(nop), # buildkit, |clamp-mtime=…, --mount of Buildah). Of COPY and ADD between builders only the target is compared.',
    remedy: 'Build both with the same builder; buildah build --omit-history leaves it out.',
    references: [HISTORY],
    rule: documentRule({
      kinds: ['config'],
      fields: CREATED_BY,
      left: (value) => (typeof value === 'string' ? stepText(value) : value),
      where: (_, { values }) => {
        const [text0, text1] = [textOf(values[0]), textOf(values[1])];
        return wordingOf(text0) !== wordingOf(text1) || !/^(?:COPY|ADD) /.test(stepText(text0));
      },
    }),
  },
  {
    id: 'history-arguments',
    title: 'A step was run with other values of arguments, variables or labels',
    class: 'review',
    where: '/history/*/created_by of the config',
    shape: 'The same step but for what stands behind = in ARG, ENV, LABEL or in front of a RUN.',
    remedy: 'Pass the same --build-arg; keep what changes with each run (build numbers, dates) out of arguments.',
    references: [HISTORY, 'https://docs.docker.com/reference/dockerfile/#arg'],
    rule: documentRule({
      kinds: ['config'],
      fields: CREATED_BY,
      left: (value) => (typeof value === 'string' ? stepWithoutValues(value) : value),
      where: (_, { values }) => /^(?:ARG|ENV|LABEL) |^RUN \|/.test(stepText(textOf(values[0]))),
    }),
  },
  {
    id: 'history-comment',
    title: 'Builders sign the history in other ways',
    class: 'review',
    where: '/history/*/comment of the config',
    shape:
      "buildkit.dockerfile.v0, buildkit.exporter.image.v0, Buildah's FROM with an id of its own, or none. Any other comment is not this.",
    remedy: 'Build both with the same builder and frontend.',
    references: [HISTORY, 'https://github.com/moby/buildkit/blob/master/exporter/containerimage/writer.go'],
    rule: documentRule({
      kinds: ['config'],
      fields: [['history', '*', 'comment']],
      left: exceptText(
        /^(?:buildkit\.(?:dockerfile|exporter\.image)\.v0|FROM [\w.:/@-]*|create new from sha256:[0-9a-f]{64})$/,
      ),
    }),
  },
  {
    id: 'history-empty-layer',
    title: 'A step makes a layer with one builder and none with the other',
    class: 'review',
    where: '/history/*/empty_layer of the config',
    shape:
      'true on one side alone, while both histories have as many steps. Which layers differ is told by themselves.',
    remedy:
      'Build both with the same builder and the same options for layers (--layers, --squash): BuildKit makes a layer for WORKDIR and for each RUN, others only where files change.',
    references: [HISTORY, 'https://github.com/moby/buildkit/issues/5960'],
    rule: documentRule({
      kinds: ['config'],
      fields: [['history', '*', 'empty_layer']],
      left: nothing,
    }),
  },
  {
    id: 'history-author',
    title: 'The history names another author',
    class: 'review',
    where: '/history/*/author and /author of the config',
    shape: 'Two texts, or one and none.',
    remedy: 'Build both with the same builder and --author (Buildah) or MAINTAINER.',
    references: [HISTORY],
    rule: documentRule({ kinds: ['config'], fields: [['history', '*', 'author'], ['author']], left: anyText }),
  },
  {
    id: 'history-steps',
    title: 'The images were built by other steps',
    class: 'review',
    where: '/history of the config',
    shape:
      'The histories have another number of steps, or other steps beyond wording and arguments. What they made differ is told by layers and files.',
    remedy: 'Compare the Dockerfiles; base images, too, bring their steps: FROM …@sha256:…',
    references: [HISTORY],
    rule: documentRule({
      kinds: ['config'],
      fields: [['history'], ['history', '*'], ...CREATED_BY],
      left: nothing,
      where: haveOtherSteps,
    }),
  },
];

const known = new WeakMap<PairEvidence, boolean>();

/* Whether the histories differ beyond wording; asked for each of their lines. */
function haveOtherSteps(evidence: PairEvidence): boolean {
  const [steps0, steps1] = [factsOf(evidence.sides[0]).steps, factsOf(evidence.sides[1]).steps];
  const found =
    known.get(evidence) ?? (steps0.length !== steps1.length || steps0.some((step, i) => step !== steps1[i]));
  known.set(evidence, found);
  return found;
}

const PROXY = /^(?:https?_proxy|ftp_proxy|all_proxy|no_proxy)=/i;

/** What containers get as their environment. */
export const ENVIRONMENT_CAUSES: readonly Cause[] = [
  {
    id: 'env-order',
    title: 'The same variables stand in another order',
    class: 'review',
    where: '/config/Env of the config',
    shape: 'The same entries, each as often, sorted otherwise.',
    remedy: 'Give variables in one order, in the Dockerfile rather than by the program that calls the builder.',
    references: [ENVIRONMENT],
    rule: environmentRule((entries) => [...entries].sort()),
  },
  {
    id: 'env-source-date-epoch',
    title: 'SOURCE_DATE_EPOCH was kept in the environment of the image',
    class: 'review',
    where: '/config/Env of the config',
    shape: 'Other entries are the same.',
    remedy: 'ARG SOURCE_DATE_EPOCH in place of ENV: an argument does not stay in the image.',
    references: ['https://reproducible-builds.org/docs/source-date-epoch/'],
    rule: environmentRule((entries) => entries.filter((entry) => !/^SOURCE_DATE_EPOCH=\d+$/.test(entry))),
  },
  {
    id: 'env-proxy',
    title: "The builder's proxy was kept in the image",
    class: 'security',
    where: '/config/Env of the config: http_proxy, https_proxy, no_proxy and their like',
    shape: 'Other entries are the same.',
    remedy:
      'Pass proxies as --build-arg HTTP_PROXY=… (predefined arguments, not kept) and not by ENV; Buildah: --http-proxy=false',
    references: ['https://docs.docker.com/reference/dockerfile/#predefined-args'],
    rule: environmentRule((entries) => entries.filter((entry) => !PROXY.test(entry))),
  },
  {
    id: 'env-path',
    title: 'PATH differs',
    class: 'security',
    where: '/config/Env of the config',
    shape: 'Other entries are the same. It decides which programs are run.',
    remedy: 'Set it in the Dockerfile: ENV PATH=…; BuildKit adds its default where the base image has none.',
    references: [ENVIRONMENT, 'https://github.com/moby/buildkit/blob/master/util/system/path.go'],
    rule: environmentRule((entries) => entries.filter((entry) => !entry.startsWith('PATH='))),
  },
];

function environmentRule(left: (entries: readonly string[]) => readonly string[]): ReturnType<typeof documentRule> {
  return documentRule({
    kinds: ['config'],
    fields: [['config', 'Env']],
    left: (value) => {
      if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) return value;
      const entries = left(value);
      return entries.length === 0 ? undefined : entries;
    },
  });
}
