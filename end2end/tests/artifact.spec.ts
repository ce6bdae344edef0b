// Pages and pictures that a model made: opened beside the chat, version by version, and shut away from everything that is ours.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { converse } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { SCREENS, sound } from '../fixtures/look';
import { expect, signIn, test } from '../fixtures/test';

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

const WORDS = {
  'en-US': {
    open: 'Open', preview: 'Preview', code: 'Code', changes: 'Changes', version: 'Version', older: 'Older version', copy: 'Copy', download: 'Download',
    reload: 'Reload', close: 'Close', number: (n: number, all: number) => `Version ${n} of ${all}`, first: 'There is no version before this one.', picture: 'Picture',
  },
  'zh-CN': {
    open: '打开', preview: '预览', code: '代码', changes: '更改', version: '版本', older: '较旧的版本', copy: '复制', download: '下载', reload: '重新加载', close: '关闭',
    number: (n: number, all: number) => `版本 ${n}（共 ${all} 个）`, first: '这是最早的版本。', picture: '图片',
  },
} as const;

const fence = (text: string, info = 'html') => `\`\`\`${info}\n${text}\n\`\`\``;
const clock = (n: number) => `<!doctype html>\n<title>Clock</title>\n<h1>Number ${n}</h1>\n<p>It is late.</p>`;

/** Reaches for everything that is not its own, and writes what it got. */
const THIEF = `<title>Thief</title>
<p id="got"></p>
<a id="out" href="/settings/security">out</a>
<form action="/rpc/auth/logout" method="post"><button>send</button></form>
<script>
  const got = {};
  const reach = (name, how) => { try { got[name] = String(how()); } catch (cause) { got[name] = "no"; } };
  reach("parent", () => parent.document.title);
  reach("top", () => { top.location = "https://example.org/"; return "asked"; });
  reach("storage", () => localStorage.length);
  reach("cookie", () => document.cookie);
  reach("popup", () => window.open("/"));
  got.origin = origin;
  const ask = (url) => fetch(url, { credentials: "include" }).then(() => "yes", () => "no");
  const image = (url) => new Promise((done) => Object.assign(new Image(), { onload: () => done("yes"), onerror: () => done("no"), src: url }));
  Promise.all([ask("/api/llm/sessions/"), ask("https://example.org/"), image("/icon-192.png")]).then((all) => {
    [got.server, got.elsewhere, got.image] = all;
    document.getElementById("got").textContent = JSON.stringify(got);
    document.querySelector("button").click();
  });
</script>`;

const panel = (page: Page) => page.getByRole('dialog');
const inside = (page: Page) => panel(page).frameLocator('iframe');

for (const [locale, look] of SCREENS) {
  test.describe(`${locale}, ${look.colorScheme}`, () => {
    test.use({ locale, ...look });

    test('a page is opened, compared with what it was, saved and closed by keys', async ({ page, person, server }) => {
      const words = WORDS[locale];
      const wide = look.colorScheme === 'light';
      // So many messages that the first version is not on the page.
      const id = await converse(server.url, person, fence(clock(1)), 'fake/echo@0');
      for (let n = 0; n < 26; n += 1) await converse(server.url, person, `Turn ${n}`, 'fake/words-1@0', id);
      await converse(server.url, person, `${fence(clock(2))}\n\n${fence('<svg viewBox="0 0 9 9"><circle r="4" cx="5" cy="5"/></svg>', 'svg')}`, 'fake/echo@0', id);
      await signIn(page, person);
      const chat = new Chat(page);
      await chat.open(`/chat/${id}`);
      await expect(page.locator('figure.code', { hasText: 'Number 1' })).toHaveCount(0);
      const opener = chat.answer.getByRole('button', { name: words.open }).first();
      await opener.focus();
      await page.keyboard.press('Enter');
      await expect(panel(page)).toHaveAccessibleName('Clock');
      await expect(inside(page).getByRole('heading', { name: 'Number 2' })).toBeVisible();
      await expect(page.getByRole('tab', { name: words.preview })).toBeFocused();
      // Beside the chat, which can still be used; or over it.
      expect(await panel(page).evaluate((dialog) => dialog.matches(':modal'))).toBe(!wide);
      if (wide) expect((await chat.composer.boundingBox())!.x + (await chat.composer.boundingBox())!.width).toBeLessThanOrEqual((await panel(page).boundingBox())!.x);
      const versions = panel(page).getByRole('combobox', { name: words.version });
      await expect(versions.locator('option')).toHaveText([words.number(1, 2), words.number(2, 2)]);
      await sound(page, 'artifact', wide);

      await page.keyboard.press('ArrowLeft');
      await expect(page.getByRole('tab', { name: words.changes })).toBeFocused();
      await expect(panel(page).locator('del')).toHaveText('− <h1>Number 1</h1>');
      await expect(panel(page).locator('ins')).toHaveText('+ <h1>Number 2</h1>');
      await sound(page, 'artifact-changes', wide);
      await panel(page).getByRole('button', { name: words.older }).click();
      await expect(panel(page).getByText(words.first)).toBeVisible();
      await page.getByRole('tab', { name: words.code }).click();
      await expect(panel(page).locator('pre:visible')).toContainText('<h1>Number 1</h1>');
      await panel(page).getByRole('button', { name: words.copy }).click();
      await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(`${clock(1)}\n`);
      const saving = page.waitForEvent('download');
      await panel(page).getByRole('button', { name: words.download }).click();
      const file = await saving;
      expect(file.suggestedFilename()).toBe('clock.html');
      expect(readFileSync(await file.path(), 'utf8')).toBe(`${clock(1)}\n`);
      await page.getByRole('tab', { name: words.preview }).click();
      await expect(inside(page).getByRole('heading', { name: 'Number 1' })).toBeVisible();

      await page.keyboard.press('Escape');
      await expect(panel(page)).toHaveCount(0);
      await expect(opener).toBeFocused();
      // The picture is nothing that the page is a version of.
      await chat.answer.getByRole('button', { name: words.open }).nth(1).click();
      await expect(panel(page)).toHaveAccessibleName(words.picture);
      await expect(inside(page).locator('svg circle')).toBeVisible();
      await expect(versions).toBeHidden();
      await panel(page).getByRole('button', { name: words.close }).click();
      await expect(panel(page)).toHaveCount(0);
    });
  });
}

test('what a model made reaches nothing of the page, the server and the network', async ({ page, person, server, clean }) => {
  clean.allow(/sandboxed|Content Security Policy|Refused to|Blocked (script|form|opening)|Unsafe attempt|CSP|csp|X-Frame-Options|frame-ancestors|ERR_BLOCKED/);
  const id = await converse(server.url, person, fence(THIEF), 'fake/echo@0');
  await signIn(page, person);
  const chat = new Chat(page);
  await chat.open(`/chat/${id}`);
  const asked: string[] = [];
  // The page's own questions are its own: what counts is what comes from within its frames.
  page.on('request', (request) => request.frame() !== page.mainFrame() && asked.push(new URL(request.url()).pathname));
  await chat.answer.getByRole('button', { name: 'Open' }).click();
  const got = inside(page).locator('#got');
  await expect(got).not.toBeEmpty();
  expect(JSON.parse((await got.textContent()) ?? '')).toEqual({
    parent: 'no', top: 'no', storage: 'no', cookie: 'no', popup: 'null', origin: 'null', server: 'no', elsewhere: 'no', image: 'no',
  });
  // Its links lead nowhere, and loading it again brings it back.
  await inside(page).locator('#out').click();
  await expect(got).toHaveCount(0);
  await panel(page).getByRole('button', { name: 'Reload' }).click();
  await expect(got).not.toBeEmpty();
  expect(asked.filter((path) => path.startsWith('/api/llm/sessions/') || path.startsWith('/rpc/auth'))).toEqual([]);
  await expect(page).toHaveURL(`${server.url}/chat/${id}`);
  // Opened by itself the frame's document is nobody's, and shows nothing that it is sent.
  const direct = await page.context().newPage();
  await direct.goto(`${server.url}/frame/artifact`);
  expect(await direct.evaluate(() => (postMessage({ html: '<h1>Here</h1>' }, '*'), origin))).toBe('null');
  await direct.waitForTimeout(200);
  await expect(direct.getByRole('heading')).toHaveCount(0);
});

/** Every state of the panel as it came: the code that is in view, whether something runs, and how much of the code is on the page. */
interface Seen { code: string | null; runs: boolean; written: number }

/** From within the page, which misses nothing however fast it goes. */
async function watchPanel(page: Page): Promise<() => Promise<Seen[]>> {
  await page.evaluate(() => {
    const seen: Seen[] = [];
    new MutationObserver(() => {
      const panel = document.querySelector<HTMLDialogElement>('dialog.artifact[open]');
      if (!panel) return;
      const code = [...panel.querySelectorAll('pre')].find((pre) => pre.checkVisibility())?.textContent ?? null;
      const written = document.querySelector('article.answer code')?.textContent?.length ?? 0;
      const [now, last] = [{ code, runs: panel.querySelector('iframe') !== null, written }, seen.at(-1)];
      if (!last || last.code !== now.code || last.runs !== now.runs) seen.push(now);
    }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    Object.assign(window, { seen });
  });
  return () => page.evaluate(() => (window as unknown as { seen: Seen[] }).seen);
}

test('the code is followed while it is written, the preview comes with its end, the next version in its place', async ({ chat, page }) => {
  const states = await watchPanel(page);
  const long = `${clock(1)}\n${Array.from({ length: 40 }, (_, n) => `<p>Tick ${n}.</p>`).join('\n')}\n<p>The end.</p>`;
  await chat.ask(`${fence(long)}\n\n${Array.from({ length: 6 }, (_, n) => `word${n}`).join(' ')}`, 'fake/echo@30');
  await chat.answer.getByRole('button', { name: 'Open' }).click();
  await expect(page.getByRole('tab', { name: 'Preview' })).toHaveAttribute('aria-selected', 'true', { timeout: 20_000 });
  await expect(inside(page).getByRole('heading', { name: 'Number 1' })).toBeVisible();
  const seen = await states();
  const began = seen.findIndex(({ runs }) => runs);
  const codes = seen.slice(0, began).map(({ code }) => code ?? '');
  // It grows, more often than it would if only its beginning and its end were shown, and nothing of it runs before all of it is there.
  expect(codes.length, JSON.stringify(seen.map(({ code, ...rest }) => ({ ...rest, code: code?.length })))).toBeGreaterThan(4);
  expect(codes.slice(1).every((code, n) => code.startsWith(codes[n]!) && code.length > codes[n]!.length)).toBe(true);
  expect(codes[0]).not.toContain('The end.');
  expect(codes.at(-1)).toContain('Tick 20.');
  expect(seen[began]!.written).toBeGreaterThanOrEqual(long.length);
  await chat.finished();
  await chat.hear(fence(clock(2)), 'fake/echo@0');
  await expect(inside(page).getByRole('heading', { name: 'Number 2' })).toBeVisible();
  await expect(panel(page).getByRole('combobox', { name: 'Version' }).locator('option')).toHaveText(['Version 1 of 2', 'Version 2 of 2']);
  // In another chat there is nothing of it.
  await page.keyboard.press('Control+j');
  await expect(panel(page)).toHaveCount(0);
});

test('a shared chat has the same, also for who is not signed in', async ({ page, person, server, browser, clean }) => {
  const id = await converse(server.url, person, `${fence(clock(1))}\n\n${fence('graph TD\n  A --> B', 'mermaid')}`, 'fake/echo@0');
  await converse(server.url, person, fence(clock(2)), 'fake/echo@0', id);
  await signIn(page, person);
  await page.goto(`/settings/shares?chat=${id}`);
  await page.getByRole('button', { name: 'Make a link' }).click();
  const url = await page.getByRole('textbox', { name: /^Link to / }).inputValue();
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  clean.watch(context);
  const there = await context.newPage();
  await there.goto(url);
  expect(await there.locator('script[src]').evaluateAll((scripts) => scripts.map((script) => script.getAttribute('src')))).toEqual(['/blocks.js']);
  await expect(there.getByRole('img', { name: 'Diagram' })).toBeVisible({ timeout: 30_000 });
  await there.getByRole('button', { name: 'Open' }).last().click();
  await expect(inside(there).getByRole('heading', { name: 'Number 2' })).toBeVisible();
  await there.getByRole('tab', { name: 'Changes' }).click();
  await expect(panel(there).locator('ins')).toHaveText('+ <h1>Number 2</h1>');
  await sound(there, 'artifact-shared', true);
  await there.keyboard.press('Escape');
  await expect(panel(there)).toHaveCount(0);
  await context.close();
});

test('what changed is told by the fewest lines, whatever changed', async ({ page }) => {
  await page.goto('/login');
  const wrong = await page.evaluate(async () => {
    type Line = ['same' | 'added' | 'removed', string];
    const { compare } = (await import(`${location.origin}/artifact.js`)) as { compare(a: string, b: string): Line[] };
    let seed = 7;
    const random = (below: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
    const text = () => Array.from({ length: 1 + random(14) }, () => 'abc'[random(3)]);
    const common = (a: string[], b: string[]) => {
      const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
      for (let i = a.length - 1; i >= 0; i -= 1) {
        for (let j = b.length - 1; j >= 0; j -= 1) table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
      }
      return table[0][0];
    };
    for (let n = 0; n < 2000; n += 1) {
      const [a, b] = [text(), text()];
      const lines = compare(a.join('\n'), b.join('\n'));
      const side = (without: string) => lines.filter(([what]) => what !== without).map(([, line]) => line).join();
      const right = side('added') === a.join() && side('removed') === b.join() && lines.filter(([what]) => what === 'same').length === common(a, b);
      if (!right) return [a, b, lines];
    }
    return undefined;
  });
  expect(wrong).toBeUndefined();
});
