import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'vitest';
import * as E from '../support/engine-trees.js';
import { buildImage, layoutMembers, packMembers } from '../support/images.js';
import { contentsOf, describeTree } from '../engines/describe.js';
import { ROWS } from '../engines/rows.js';
test('x', async () => {
  const only = process.env.ONLY;
  const engines: Record<string, E.Engine> = { umoci: E.startUmoci(), podman: E.startPodman(), 'podman-overlay': E.startPodman('overlay'), docker: await E.startDocker(), 'docker-overlay2': await E.startDocker('overlay2'), containerd: await E.startContainerd(), 'containerd-overlay': await E.startContainerd('overlayfs') };
  const dir = '/tmp/eng/rows'; mkdirSync(dir, { recursive: true });
  const archives: string[] = [];
  for (const [i, row] of ROWS.entries()) {
    const image = await buildImage({ layers: row.layers.map((entries) => ({ entries })) });
    const path = `${dir}/${i}.tar`; writeFileSync(path, await packMembers(layoutMembers(image))); archives.push(path);
  }
  const out: any[] = ROWS.map((row) => ({ name: row.name, spec: row.tree, engines: {} }));
  const t0 = Date.now();
  const times: any = {};
  const work = Object.entries(engines);
  const one = async () => { for (;;) { const next = work.shift(); if (!next) return; const [n, e] = next; const t = Date.now();
    for (const [i, row] of ROWS.entries()) {
      if (only && !new RegExp(only).test(row.name)) continue;
      const o = await e.unpack(archives[i]!);
      out[i].engines[n] = 'tree' in o ? describeTree(o.tree, contentsOf(row.layers)) : { error: o.error };
    }
    times[n] = Date.now() - t; await e.close(); } };
  await Promise.all([one(), one()]);
  writeFileSync(process.env.OUT ?? '/tmp/eng/facts.json', JSON.stringify(out, null, 1));
  console.log(times, Date.now() - t0);
}, 600000);
