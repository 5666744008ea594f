import type { Compression } from '../bytes/compression.js';
import { canonicalMediaType } from '../image/media-type.js';
import { optionalMember } from '../json/read.js';
import type { JsonDocument, JsonNode } from '../json/value.js';
import { type BuilderEvidence, UNKNOWN_BUILDER } from './builder-evidence.js';

/** What an image shows of its build; all of one side. */
export interface BuilderTraces {
  readonly config: JsonDocument | null;
  readonly manifest: JsonDocument | null;
  /** Of the layers that were read. */
  readonly compressions: readonly Compression[];
  /** See `SideEvidence`. */
  readonly created: readonly number[];
  readonly epoch: number | null;
  /** Whether the index that names the image has an attestation of it, as BuildKit writes them. */
  readonly attested: boolean;
}

interface Sign {
  readonly name: BuilderEvidence['name'];
  readonly confidence: 'certain' | 'probable';
  readonly text: string;
}

interface Line {
  readonly createdBy: string;
  readonly comment: string;
  readonly author: string;
}

/**
 * Which builder made an image. The last step of the history decides, since a base image may be of another; then what an
 * exporter writes, then what is only usual of one.
 *
 * Sources: BuildKit, exporter/containerimage and frontend/dockerfile/dockerfile2llb; Buildah, imagebuildah and
 * commit.go; moby, builder/dockerfile; kaniko, pkg/executor; Jib, BuildImageStep; nixpkgs,
 * dockerTools/stream_layered_image.py; rules_docker and go-containerregistry's users ko and apko.
 */
export function builderOf(traces: BuilderTraces): BuilderEvidence {
  const lines = linesOf(traces.config);
  const signs = [...signsOfHistory(lines), ...signsOfDocuments(traces), ...signsOfWriting(traces)];
  const first = signs.find(({ confidence }) => confidence === 'certain') ?? signs[0];
  if (first === undefined) return { ...UNKNOWN_BUILDER, settings: settingsOf(traces, lines, 'unknown') };
  const own = signs.filter(({ name }) => name === first.name);
  own.sort((a, b) => Number(a.confidence === 'probable') - Number(b.confidence === 'probable'));
  return {
    name: first.name,
    settings: settingsOf(traces, lines, first.name),
    evidence: [...new Set(own.map(({ text }) => text))],
    confidence: first.confidence,
  };
}

/* umoci and the like change an image after it was built. */
const CHANGED = /^umoci (?:insert|repack|config)/;
/* Docker's --squash puts a line of its own behind those of the steps. */
const SQUASHED = /^create new from sha256:[0-9a-f]{64}$/;

function signsOfHistory(lines: readonly Line[]): Sign[] {
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i] as Line;
    if (CHANGED.test(line.createdBy)) continue;
    const found = signsOfLine(line);
    /* A line that says nothing (an engine's CMD, `--squash`) leaves it to those before. */
    if (found.length > 0) return found;
  }
  return [];
}

function signsOfLine({ createdBy, comment, author }: Line): Sign[] {
  const signs: Sign[] = [];
  const add = (name: Sign['name'], confidence: Sign['confidence'], text: string): void => {
    signs.push({ name, confidence, text });
  };
  if (comment === 'buildkit.dockerfile.v0' || comment === 'buildkit.exporter.image.v0') {
    add('buildkit', 'certain', `the history has the comment ${comment}`);
  }
  if (createdBy.endsWith(' # buildkit')) add('buildkit', 'certain', 'steps of the history end with # buildkit');
  if (/\|(?:clamp|force)-mtime=\d+$/.test(createdBy)) {
    add('buildah', 'certain', "steps of the history end with Buildah's |clamp-mtime=…");
  }
  if (/^FROM [0-9a-f]{12}$/.test(comment))
    add('buildah', 'certain', 'the history has comments FROM with an id of Buildah');
  if (/^\/bin\/sh -c --mount=/.test(createdBy)) {
    add('buildah', 'certain', "the history has RUN's --mount in front of the command");
  }
  if (SQUASHED.test(comment)) {
    add(
      'docker-classic',
      'certain',
      'the history has the comment create new from …, as docker build --squash writes it',
    );
  }
  if (/^\/bin\/sh -c #\(nop\) {2}/.test(createdBy)) {
    add('docker-classic', 'probable', 'the history has two spaces behind #(nop)');
  } else if (/^\/bin\/sh -c #\(nop\) (?:CMD|ENTRYPOINT) \["[^"]*", /.test(createdBy)) {
    add('buildah', 'probable', 'the history has one space behind #(nop), and commas in CMD or ENTRYPOINT');
  }
  if (author === 'kaniko') add('kaniko', 'certain', 'the history names the author kaniko');
  if (author === 'Bazel' || createdBy.startsWith('bazel build')) {
    add('bazel', 'certain', 'the history names Bazel');
  }
  if (author === 'Jib') add('jib', 'certain', 'the history names the author Jib');
  if (author === 'ko') add('ko', 'certain', 'the history names the author ko');
  if (author === 'apko') add('apko', 'certain', 'the history names the author apko');
  if (comment.startsWith('store paths: ')) add('nix', 'certain', 'the history lists paths of the Nix store');
  return signs;
}

function signsOfDocuments({ config, manifest, attested }: BuilderTraces): Sign[] {
  const signs: Sign[] = [];
  const add = (name: Sign['name'], confidence: Sign['confidence'], text: string): void => {
    signs.push({ name, confidence, text });
  };
  if (layersOf(manifest).some((layer) => at(layer, 'annotations', 'buildkit/rewritten-timestamp') !== undefined)) {
    add('buildkit', 'certain', 'layers have the annotation buildkit/rewritten-timestamp');
  }
  const root = config?.root;
  for (const key of ['moby.buildkit.cache.v0', 'moby.buildkit.buildinfo.v1']) {
    if (at(root, key) !== undefined) add('buildkit', 'certain', `the config has ${key}`);
  }
  if (attested) add('buildkit', 'probable', 'the index has an attestation of the image');
  if (/^[0-9a-f]{64}$/.test(text(at(root, 'container'))) && text(at(root, 'docker_version')) !== '') {
    add('docker-classic', 'certain', 'the config has docker_version and the id of a container');
  }
  for (const node of [at(root, 'config', 'Labels'), at(manifest?.root, 'annotations')]) {
    /* A base image hands its labels on. */
    if (text(at(node, 'io.buildah.version')) !== '') add('buildah', 'probable', 'it has the label io.buildah.version');
  }
  const base = at(manifest?.root, 'annotations', 'org.opencontainers.image.base.name');
  const digest = at(manifest?.root, 'annotations', 'org.opencontainers.image.base.digest');
  if (base !== undefined && digest !== undefined) {
    add('buildah', 'probable', 'the manifest has annotations for the base image');
  }
  const isDocker = at(root, 'container_config') !== undefined && at(root, 'docker_version') === undefined;
  if (isDocker) add('buildah', 'probable', 'the config has container_config without docker_version');
  if (at(root, 'config', 'ArgsEscaped') !== undefined && text(at(root, 'os')) === 'linux') {
    add('buildkit', 'probable', 'the config of a Linux image has ArgsEscaped');
  }
  return signs;
}

/** The zero of Go's `time.Time` in the header's 32 bits, as pgzip in containers/storage and containers/image writes it. */
const GO_ZERO_TIME = 0x886e0900;

/* Whoever copied the image may have compressed it anew: these signs name no builder where nothing else does. */
function signsOfWriting({ compressions, config, manifest }: BuilderTraces): Sign[] {
  if (linesOf(config).length > 0 || manifest === null) return [];
  const gzips = compressions.flatMap(({ gzip }) => gzip ?? []);
  if (gzips.length > 0 && gzips.every(({ mtime, os }) => mtime === GO_ZERO_TIME && os === 255)) {
    return [
      { name: 'buildah', confidence: 'probable', text: "gzip headers have the zero of Go's time, as pgzip writes it" },
    ];
  }
  return [];
}

function settingsOf(traces: BuilderTraces, lines: readonly Line[], name: BuilderEvidence['name']): string[] {
  const { config, manifest, created, epoch, compressions } = traces;
  const settings = new Set<string>();
  const layers = layersOf(manifest);
  const rewritten = layers.map((layer) => text(at(layer, 'annotations', 'buildkit/rewritten-timestamp'))).find(Boolean);
  const clamped = lines.map(({ createdBy }) => /\|(?:clamp|force)-mtime=(\d+)$/.exec(createdBy)?.[1]).find(Boolean);
  const sourceDate = /^\d{1,12}$/.exec(rewritten ?? clamped ?? '')?.[0];
  if (sourceDate !== undefined) {
    settings.add('timestamps rewritten').add(`SOURCE_DATE_EPOCH=${sourceDate}`);
  } else if (name === 'buildkit') {
    const latest = created.at(-1);
    if (epoch !== null && latest !== undefined && epoch > latest) settings.add('timestamps not rewritten');
    if (created.length > 1 && created[0] === latest && hasWholeSeconds(config)) {
      settings.add(`SOURCE_DATE_EPOCH=${latest}`);
    }
  }
  const diffIds = at(config?.root, 'rootfs', 'diff_ids');
  const steps = lines.filter(({ createdBy }) => isStepWithLayer(createdBy)).length;
  if (diffIds?.type === 'array' && diffIds.items.length === 1 && steps > 1) settings.add('one layer');
  if (lines.some(({ createdBy }) => CHANGED.test(createdBy))) settings.add('changed by umoci');
  if (canonicalMediaType(text(at(manifest?.root, 'mediaType'))).docker) settings.add('Docker media types');
  for (const layer of layers) {
    const { compression } = canonicalMediaType(text(at(layer, 'mediaType')));
    if (compression === 'zstd') settings.add('zstd');
    if (compression === 'none') settings.add('not compressed');
  }
  if (compressions.some(({ gzip }) => gzip?.xfl === 2)) settings.add('gzip at its best');
  return [...settings].sort();
}

/* Steps that change files; the rest of them never has a layer of its own. */
function isStepWithLayer(createdBy: string): boolean {
  if (/#\(nop\)/.test(createdBy)) return /#\(nop\) +(?:COPY|ADD) /.test(createdBy);
  return /^(?:RUN|COPY|ADD) |^\/bin\/sh -c |^\|\d+ /.test(createdBy);
}

/* SOURCE_DATE_EPOCH has no fraction of a second; a clock nearly always has. */
function hasWholeSeconds(config: JsonDocument | null): boolean {
  return /^[^.]{20,25}$/.test(text(at(config?.root, 'created')));
}

function linesOf(config: JsonDocument | null): Line[] {
  const history = at(config?.root, 'history');
  if (history?.type !== 'array') return [];
  return history.items.map((item) => ({
    createdBy: text(at(item, 'created_by')),
    comment: text(at(item, 'comment')),
    author: text(at(item, 'author')),
  }));
}

function layersOf(manifest: JsonDocument | null): readonly JsonNode[] {
  const layers = at(manifest?.root, 'layers');
  return layers?.type === 'array' ? layers.items : [];
}

function at(node: JsonNode | undefined, ...steps: readonly string[]): JsonNode | undefined {
  let found = node;
  for (const step of steps) found = found?.type === 'object' ? optionalMember(found, step) : undefined;
  return found;
}

function text(node: JsonNode | undefined): string {
  return node?.type === 'string' ? node.value : '';
}
