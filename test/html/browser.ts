import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { renderHtml } from '../../packages/core/src/report/html/render-html.js';
import type { Report } from '../../packages/core/src/report/report.js';
import { requireTool } from '../support/tools.js';

/** Whether there is a browser to look at pages with, and it is wanted: what a page does there does not depend on Node. */
export const hasBrowser: boolean = process.env.OCIDIFF_NO_BROWSER !== '1' && requireTool('chromium');

const CHROMIUM = '/usr/bin/chromium';

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 360, height: 780 };

/** A page that is open, and what it did that it must not do. */
export interface OpenPage {
  readonly page: Page;
  /** Requests beyond the page's own, errors of scripts, violations of its policy. */
  readonly faults: string[];
}

/** A browser for a file of tests; pages lie in a folder of its own and are opened from disk, without a network. */
export class TestBrowser {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ocidiff-html-'));
  #browser: Browser | undefined;
  #count = 0;

  async start(): Promise<void> {
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    this.#browser = await chromium.launch({ executablePath: CHROMIUM, args });
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    rmSync(this.#folder, { recursive: true });
  }

  async closePages(): Promise<void> {
    for (const context of this.#browser?.contexts() ?? []) await context.close();
  }

  /** Writes the page of `report` and opens it. */
  open(report: Report, options: BrowserContextOptions = {}): Promise<OpenPage> {
    return this.openHtml([...renderHtml(report)].join(''), options);
  }

  async openHtml(html: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
    const file = join(this.#folder, `${this.#count++}.html`);
    writeFileSync(file, html);
    const browser = this.#browser;
    if (browser === undefined) throw new Error('the browser was not started');
    const context = await browser.newContext({ viewport: DESKTOP, offline: true, reducedMotion: 'reduce', ...options });
    const page = await context.newPage();
    const faults: string[] = [];
    const own = pathToFileURL(file).href;
    page.on('requestfinished', (request) => {
      if (request.url() !== own) faults.push(`request: ${request.url()}`);
    });
    page.on('requestfailed', (request) => faults.push(`request: ${request.url()} (${request.failure()?.errorText})`));
    page.on('pageerror', (error) => faults.push(`error: ${error.stack}`));
    page.on('console', (message) => faults.push(`console: ${message.text()}`));
    page.on('dialog', (dialog) => {
      faults.push(`dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    await page.addInitScript(
      `addEventListener('securitypolicyviolation', (event) => console.log('violation: ' + event.violatedDirective));`,
    );
    await page.goto(own);
    return { page, faults };
  }
}
