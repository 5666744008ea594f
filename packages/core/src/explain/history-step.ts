/** Who words a line of the history so: BuildKit, or the shell form of Docker's classic builder, Buildah and Podman. */
export type StepWording = 'buildkit' | 'shell' | 'other';

const INSTRUCTION =
  /^(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR) /;
const BUILDKIT_END = ' # buildkit';
const NOT_RUN = '/bin/sh -c #(nop)';
/** What Buildah puts behind a step for its cache: digests of what is mounted, and how times are written. */
const BUILDAH_END = /\|(?:clamp|force)-mtime=\d+$/;
const MOUNTED = /:sha256:[0-9a-f]{64}$/;

export function wordingOf(createdBy: string): StepWording {
  if (createdBy.endsWith(BUILDKIT_END) || INSTRUCTION.test(createdBy)) return 'buildkit';
  return createdBy.startsWith('/bin/sh -c ') || /^\|\d+ /.test(createdBy) ? 'shell' : 'other';
}

/**
 * A step of the history as all builders would word it: `RUN /bin/sh -c true`, `ENV PATH=/bin`. Of what is copied only
 * where to is left: one builder names the source, another its digest.
 */
export function stepText(createdBy: string): string {
  const wording = wordingOf(createdBy);
  if (wording === 'other') return createdBy;
  let text = createdBy.replace(BUILDAH_END, '').trim();
  if (text.startsWith('/bin/sh -c --mount=')) text = text.replace(MOUNTED, '');
  if (text.endsWith(BUILDKIT_END)) text = text.slice(0, -BUILDKIT_END.length).trim();
  if (text.startsWith(NOT_RUN)) text = text.slice(NOT_RUN.length).trim();
  else if (wording === 'shell') text = `RUN ${withoutFlags(text)}`;
  if (/^(?:CMD|ENTRYPOINT|SHELL) /.test(text)) text = text.replaceAll('", "', '" "');
  if (/^(?:COPY|ADD) /.test(text)) text = `${text.slice(0, 4).trim()} … ${text.slice(text.lastIndexOf(' ') + 1)}`;
  return text;
}

/* Buildah keeps the flags of RUN in front of its command. */
function withoutFlags(text: string): string {
  const start = '/bin/sh -c ';
  if (!text.startsWith(start)) return text;
  const words = text.slice(start.length).split(' ');
  const first = words.findIndex((word) => !/^--(?:mount|network|security)=/.test(word));
  return start + words.slice(Math.max(first, 0)).join(' ');
}

/** The same without the values of arguments, variables and labels. */
export function stepWithoutValues(createdBy: string): string {
  const text = stepText(createdBy);
  if (/^(?:ARG|ENV|LABEL) /.test(text)) return text.replace(/=(?:"[^"]*"|[^\s"]*)/g, '=');
  const run = /^RUN \|\d+ /.exec(text);
  if (run === null) return text;
  const shell = text.indexOf(' /bin/');
  return shell < 0 ? text : `RUN |${text.slice(shell)}`;
}
