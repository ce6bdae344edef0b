// Liao as an installed app: read and write without a connection, a new version, what other apps share, and nothing of it after signing out.
import type { BrowserContext, Page } from '@playwright/test';
import { converse, register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { expect, signIn, test } from '../fixtures/test';

test.use({ serviceWorkers: 'allow' });

/** Until the worker has taken the page over. */
async function installed(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null, undefined, { timeout: 15_000 });
}

/** What is kept on the device of pages. */
const kept = (page: Page) =>
  page.evaluate(async () => ((await caches.has('liao-pages')) ? (await (await caches.open('liao-pages')).keys()).map(({ url }) => new URL(url).pathname) : []));

async function offline(context: BrowserContext, off: boolean): Promise<void> {
  await context.setOffline(off);
}

test('a chat that was open is read without a connection, and what is written there is sent once when it is back', async ({ chat, context, person, server, clean }) => {
  test.setTimeout(120_000);
  clean.allow(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/, /Failed to fetch/, /WebSocket connection to .* failed/);
  const { page } = chat;
  const id = await converse(server.url, person, 'Show me everything', 'fake/markdown@0');
  await chat.open(`/chat/${id}`);
  await installed(page);
  await expect.poll(() => kept(page), { timeout: 15_000 }).toContain(`/chat/${id}`);
  const worker = await page.request.get('/sw.js');
  expect(worker.headers()['cache-control']).toBe('no-cache');
  expect(await worker.text()).toMatch(/^const VERSION = "[0-9a-f]{12}";\nconst PKG = "\/pkg\/[0-9a-f]{12}";\n/);

  // A page that is open when the line goes keeps what is written.
  await offline(context, true);
  await chat.composer.fill('Written on the open page');
  await chat.composer.press('Enter');
  const outbox = page.getByRole('region', { name: 'Messages that wait for the connection' });
  await expect(outbox).toContainText('Written on the open page');
  await expect(chat.composer).toHaveValue('');

  // Loaded again, it is the copy: clearly marked, whole, without a script but its own, and with nothing to press but what works.
  await page.reload();
  await expect(page.getByRole('status').first()).toContainText('No connection.');
  await expect(page.getByRole('heading', { name: 'A tour of Markdown' })).toBeVisible();
  await expect(page.locator('math').first()).toBeAttached();
  expect(await page.evaluate(() => getComputedStyle(document.body).display)).toBe('grid');
  expect(await page.locator('script').count()).toBe(1);
  await expect(page.getByRole('button', { name: /Regenerate|Copy|Delete/ })).toHaveCount(0);
  await expect(outbox).toContainText('Written on the open page');
  await page.getByRole('textbox', { name: 'Message' }).fill('Written on the copy');
  await page.getByRole('button', { name: 'Send later' }).click();
  await expect(outbox).toContainText('Written on the copy');
  await page.screenshot({ path: test.info().outputPath('offline.png') });
  // What there is no copy of leads to the list of those that there are; what is the administrators' is not answered at all.
  await page.goto('/chats');
  await expect(page.getByRole('heading', { name: 'No connection' })).toBeVisible();
  await page.getByRole('link', { name: 'Show me everything' }).click();
  await expect(page).toHaveURL(new RegExp(id));
  await expect(page.goto('/admin/users')).rejects.toThrow(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/);

  await offline(context, false);
  await chat.open(`/chat/${id}`);
  await expect(chat.questions).toHaveCount(3, { timeout: 20_000 });
  await chat.finished(20_000);
  await expect(chat.question).toContainText('Written on the copy');
  await expect(outbox).toHaveCount(0);
  await page.waitForTimeout(1_000);
  const all = (await (await fetch(`${server.url}/api/llm/messages/?session_id=${id}`, { headers: { authorization: `Bearer ${person.access}` } })).json()) as { items: { role: string; content: string }[] };
  const asked = all.items.filter(({ role }) => role === 'user').map(({ content }) => content);
  expect(asked).toEqual(['Show me everything', 'Written on the open page', 'Written on the copy']);
});

test('a chat that begins without a connection begins when it is back', async ({ chat, context, clean }) => {
  clean.allow(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/, /Failed to fetch/, /WebSocket connection to .* failed/);
  const { page } = chat;
  await installed(page);
  await chat.choose('fake/echo@0');
  await offline(context, true);
  await chat.composer.fill('A thought on the train');
  await chat.composer.press('Enter');
  await expect(page.locator('.outbox')).toContainText('A thought on the train');
  await offline(context, false);
  const toast = page.locator('.toasts.live .toast');
  await expect(toast).toContainText('Your message was sent.', { timeout: 40_000 });
  await toast.getByRole('link').click();
  await expect(chat.prose).toHaveText('A thought on the train');
  await expect(page.locator('.outbox > div')).toHaveCount(0);
});

test('nothing is left of who signs out, and nothing of one person is shown to another', async ({ page, context, person, server, clean }) => {
  test.setTimeout(120_000);
  clean.allow(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/, /Failed to fetch/, /WebSocket connection to .* failed/);
  const other = await register(server.url, 'Bob');
  const id = await converse(server.url, person, 'Something private', 'fake/echo@0');
  await signIn(page, person);
  const chat = new Chat(page);
  await chat.open(`/chat/${id}`);
  await installed(page);
  await expect.poll(() => kept(page), { timeout: 15_000 }).toContain(`/chat/${id}`);
  await chat.composer.fill('half a sentence');
  await page.getByRole('button', { name: /Account and settings/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(/\/login/);
  expect(await kept(page)).toEqual([]);
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toMatch(/half a sentence|liao\.outbox/);
  await offline(context, true);
  await expect(page.goto(`/chat/${id}`)).rejects.toThrow(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/);
  await offline(context, false);

  // A session that ends otherwise: the next person who comes finds nothing either.
  await signIn(page, person);
  await chat.open(`/chat/${id}`);
  await expect.poll(() => kept(page), { timeout: 15_000 }).toContain(`/chat/${id}`);
  await page.evaluate(() => localStorage.setItem('liao.outbox', JSON.stringify([{ key: 'k', user: 'somebody', text: 'not yours' }])));
  await context.clearCookies();
  await signIn(page, other);
  await chat.alive();
  await expect.poll(() => page.evaluate(() => localStorage.getItem('liao.outbox')), { timeout: 10_000 }).toBeNull();
  await expect.poll(() => kept(page)).not.toContain(`/chat/${id}`);
});

test('a newer version is offered, and loaded when somebody wants it', async ({ chat, context }) => {
  const { page } = chat;
  await installed(page);
  const [worker] = context.serviceWorkers();
  const tell = (pkg: string) =>
    worker!.evaluate(async (pkg) => {
      const { clients } = globalThis as unknown as { clients: { matchAll(): Promise<{ postMessage(word: unknown): void }[]> } };
      for (const client of await clients.matchAll()) client.postMessage({ type: 'version', pkg });
    }, pkg);
  const own = await page.evaluate(() => document.querySelector('link[rel="stylesheet"]')!.getAttribute('href')!.replace(/\/[^/]*$/, ''));
  await tell(own);
  await page.waitForTimeout(300);
  await expect(page.locator('.toasts.live .toast')).toHaveCount(0);
  await tell('/pkg/000000000000');
  const toast = page.locator('.toasts.live .toast');
  await expect(toast).toContainText('A new version of Liao is here.');
  await chat.composer.fill('half a sentence');
  await toast.getByRole('button', { name: 'Load it' }).click();
  await page.waitForLoadState();
  await chat.alive();
  await expect(chat.composer).toHaveValue('half a sentence');
});

for (const [locale, name, first] of [['en-US', 'Liao', 'New chat'], ['zh-CN', 'Liao 聊', '新对话']] as const) {
  test.describe(locale, () => {
    test.use({ locale });

    test(`it can be installed, and takes what other apps share (${locale})`, async ({ page, person, server }) => {
      await signIn(page, person);
      const href = await page.locator('link[rel=manifest]').getAttribute('href');
      const answer = await page.request.get(href!);
      expect(answer.headers()['content-type']).toBe('application/manifest+json');
      const manifest = (await answer.json()) as { name: string; icons: { src: string; sizes: string; purpose?: string }[]; shortcuts: { name: string; url: string }[]; share_target: { action: string } };
      expect([manifest.name, manifest.shortcuts[0]!.name]).toEqual([name, first]);
      for (const { src } of manifest.icons) expect((await page.request.get(src)).status(), src).toBe(200);
      for (const { url } of manifest.shortcuts) expect((await page.request.get(url)).url(), url).toBe(`${server.url}${url}`);
      expect(manifest.icons.some(({ purpose }) => purpose === 'maskable') && manifest.share_target.action).toBe('/');
      const shared = new URLSearchParams({ title: 'Tides', text: 'Why twice a day? https://example.org/a', url: 'https://example.org/a' });
      await page.goto(`/?${shared}`);
      const chat = new Chat(page);
      await chat.alive();
      await expect(chat.composer).toHaveValue('Tides\nWhy twice a day? https://example.org/a');
    });
  });
}
