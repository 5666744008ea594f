import { test } from 'vitest';
import * as E from '../support/engine-trees.js';
import { Archives, isRefused, unpackRows } from '../engines/outcomes.js';
import { combineLayers } from '../engines/combine.js';
import { ROWS, outcomeFor } from '../engines/rows.js';
test('x', async () => {
  const archives = new Archives();
  for (const n of (process.env.E ?? 'umoci,podman,docker,podman-overlay,docker-overlay,containerd-overlay').split(',') as E.EngineName[]) {
    const t = Date.now();
    const e = await E.startEngine(n);
    const t1 = Date.now();
    const together = ROWS.filter((row) => row.ofRoot !== true && !isRefused(row, n));
    const o = await e.unpack(await archives.write(combineLayers(together)));
    const t2 = Date.now();
    await e.close();
    console.log(n, t1 - t, t2 - t1, Date.now() - t2, together.length, 'alone', ROWS.length - together.length, 'tree' in o ? o.tree.size : o.error.slice(-600));
  }
}, 200000);
