import { test } from 'vitest';
import * as E from '../support/engine-trees.js';

test('x', async () => {
  const engines = {
    umoci: E.startUmoci(),
    podman: E.startPodman(),
    podmanO: E.startPodman('overlay'),
    docker: await E.startDocker(),
    dockerO: await E.startDocker('overlay2'),
    ctr: await E.startContainerd(),
    ctrO: await E.startContainerd('overlayfs'),
  };
  for (const [n, e] of Object.entries(engines)) {
    const t = Date.now();
    const o = await e.unpack('/work/wt/engines/fixtures/clock-buildkit-1.oci.tar');
    const t1 = Date.now();
    const o2 = await e.unpack('/work/wt/engines/fixtures/clock-buildah.oci.tar');
    console.log(n, t1 - t, Date.now() - t1, 'tree' in o ? [...o.tree.keys()].sort().join(' ') : o.error);
    await e.close();
  }
}, 200000);
