import type { CauseCases } from '../cause-case.js';
import { built, history, run, written } from '../image-cases.js';

function env(...entries: readonly string[]): ReturnType<typeof run> {
  return run({ Env: entries });
}

function step(...texts: readonly string[]): ReturnType<typeof history> {
  return history(...texts.map((created_by) => ({ created_by })));
}

export const HISTORY_CASES: readonly CauseCases[] = [
  {
    id: 'history-wording',
    shows: [
      built('BuildKit and Buildah', 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar'),
      built(
        'BuildKit and the classic builder',
        'own-rules-classic-overlay.oci.tar',
        'own-rules-buildkit-overlay.oci.tar',
      ),
    ],
    misses: [
      written('another command', step('RUN /bin/sh -c true # buildkit'), step('/bin/sh -c false')),
      written('other sources of one builder', step('COPY a /x # buildkit'), step('COPY b /x # buildkit')),
    ],
  },
  {
    id: 'history-arguments',
    shows: [
      built('ARG STAMP, two values', 'multi-1.oci.tar', 'multi-2.oci.tar'),
      written(
        'arguments in front of a command',
        step('RUN |1 RUN_ID=17 /bin/sh -c make # buildkit'),
        step('RUN |1 RUN_ID=18 /bin/sh -c make # buildkit'),
      ),
    ],
    misses: [
      written(
        'another command behind other arguments',
        step('RUN |1 RUN_ID=17 /bin/sh -c make # buildkit'),
        step('RUN |1 RUN_ID=18 /bin/sh -c make install # buildkit'),
      ),
      written('another name', step('ARG A=1'), step('ARG B=1')),
    ],
  },
  {
    id: 'history-comment',
    shows: [built('BuildKit signs, Buildah does not', 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar')],
    misses: [written('a text of somebody', history({ comment: 'patched by hand' }), history({}))],
  },
  {
    id: 'history-empty-layer',
    shows: [built('WORKDIR', 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar')],
    misses: [written('another step', step('RUN a # buildkit'), step('RUN b # buildkit'))],
  },
  {
    id: 'history-author',
    shows: [written('two authors', history({ author: 'a' }), history({ author: 'b' }))],
    misses: [written('a label', run({ Labels: { author: 'a' } }), run({ Labels: { author: 'b' } }))],
  },
  {
    id: 'history-steps',
    shows: [built('a step more', 'own-layers.oci.tar', 'own-layers-inserted.oci.tar')],
    misses: [built('the same steps in other words', 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar')],
  },
  {
    id: 'env-order',
    shows: [written('another order', env('A=1', 'B=2'), env('B=2', 'A=1'))],
    misses: [written('another value in another order', env('A=1', 'B=2'), env('B=2', 'A=2'))],
  },
  {
    id: 'env-source-date-epoch',
    shows: [written('kept on both sides', env('A=1', 'SOURCE_DATE_EPOCH=1'), env('A=1', 'SOURCE_DATE_EPOCH=2'))],
    misses: [written('beside another variable', env('A=1', 'SOURCE_DATE_EPOCH=1'), env('A=2', 'SOURCE_DATE_EPOCH=2'))],
  },
  {
    id: 'env-proxy',
    shows: [written('one side behind a proxy', env('A=1', 'HTTPS_PROXY=http://127.0.0.1:3128'), env('A=1'))],
    misses: [written('another variable', env('A=1', 'MY_HTTPS_PROXY=http://127.0.0.1:3128'), env('A=1'))],
  },
  {
    id: 'env-path',
    shows: [written('two paths', env('PATH=/bin'), env('PATH=/usr/bin:/bin'))],
    misses: [written('another path', env('LD_LIBRARY_PATH=/lib'), env('LD_LIBRARY_PATH=/usr/lib'))],
  },
];
