// What every page owes its reader: nothing moves, little is loaded, everybody can use it, and the text is in the first HTML.
import AxeBuilder from '../fixtures/axe';
import type { Page } from '@playwright/test';
import { converse } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { shift, watchBlocks, watchShifts, watchTransfer } from '../fixtures/measure';
import { expect, signIn, signInContext, test } from '../fixtures/test';

const KB = 1024;

async function accessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const lines = grave.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`));
  expect(lines, what).toEqual([]);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`axe, ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('finds nothing serious on the pages before sign-in', async ({ page, person }) => {
      await page.goto('/login');
      await accessible(page, 'login');
      await page.getByLabel('E-mail').fill(person.email);
      await page.getByLabel('Password').fill('surely not this');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await accessible(page, 'login with an error');
      await page.goto('/register');
      await accessible(page, 'register');
    });

    test('finds nothing serious in a chat', async ({ chat, person, server }) => {
      await accessible(chat.page, 'empty chat');
      await chat.open(`/chat/${await converse(server.url, person, 'Show me everything', 'fake/markdown@0')}`);
      await accessible(chat.page, 'Markdown');
      await chat.ask('Hello', 'fake/fail-auth');
      await expect(chat.answer.getByRole('alert')).toBeVisible();
      await accessible(chat.page, 'failed answer');
      await chat.page.getByRole('button', { name: /Account and settings/ }).click();
      await accessible(chat.page, 'account menu');
    });

    test('finds nothing serious where providers are edited', async ({ page, admin }) => {
      await signIn(page, admin);
      const chat = new Chat(page);
      await chat.open('/admin/providers');
      await accessible(page, 'providers');
      await page.getByRole('link', { name: 'Add a provider' }).click();
      await expect(page.getByRole('heading', { name: 'Add a provider' })).toBeVisible();
      await accessible(page, 'provider form');
    });
  });
}

test('the pages before sign-in load no WASM, and no script but a small one each', async ({ page }) => {
  for (const path of ['/login', '/register']) {
    const seen = await watchTransfer(page);
    await page.goto(path, { waitUntil: 'networkidle' });
    expect(seen.urls.filter((url) => /\.(js|wasm)$/.test(url)), path).toEqual([path === '/login' ? '/passkey.js' : '/meter.js']);
    console.log(`${path}: ${seen.requests} requests, ${(seen.bytes / KB).toFixed(1)} KB`);
  }
});

test('a chat page from nothing is at most 500 KB in at most 12 requests', async ({ page, context, person, server }) => {
  const id = await converse(server.url, person, 'Show me everything', 'fake/markdown@0');
  await signInContext(context, person, server.url);
  const seen = await watchTransfer(page);
  const chat = new Chat(page);
  await chat.open(`/chat/${id}`);
  await page.waitForLoadState('networkidle');
  console.log(`cold chat page: ${seen.requests} requests, ${(seen.bytes / KB).toFixed(1)} KB: ${seen.urls.join(' ')}`);
  expect(seen.urls.some((url) => url.endsWith('.wasm'))).toBe(true);
  expect(seen.bytes).toBeLessThanOrEqual(500 * KB);
  // A browser with tabs asks for the icon too; one without them does not.
  const icon = seen.urls.some((url) => url.includes('favicon')) ? 0 : 1;
  expect(seen.requests + icon).toBeLessThanOrEqual(12);
});

test('the first HTML holds the conversation, rendered', async ({ context, person, server }) => {
  const id = await converse(server.url, person, 'Is **this** kept as typed?', 'fake/markdown@0');
  await signInContext(context, person, server.url);
  const html = await (await context.request.get(`${server.url}/chat/${id}`)).text();
  const body = html.replace(/<script[\s\S]*?<\/script>/g, '');
  expect(body).toContain('Is **this** kept as typed?');
  expect(body).toMatch(/<h1[^>]*>A tour of Markdown/);
  expect(body).toContain('<math');
  expect(body).toContain('床前明月光');
});

for (const path of ['/', '/chat', '/admin/providers']) {
  test(`hydration moves nothing on ${path}`, async ({ page, context, admin, server }) => {
    await watchShifts(context);
    await signInContext(context, admin, server.url);
    const id = await converse(server.url, admin, 'Show me everything', 'fake/markdown@0');
    const chat = new Chat(page);
    await chat.open(path === '/chat' ? `/chat/${id}` : path);
    await page.waitForLoadState('networkidle');
    expect(await shift(page)).toBeLessThan(0.02);
  });
}

test('hydration keeps the elements that the server sent', async ({ page, context, person, server }) => {
  const id = await converse(server.url, person, 'Show me everything', 'fake/markdown@0');
  await signInContext(context, person, server.url);
  await page.goto(`/chat/${id}`, { waitUntil: 'commit' });
  const table = await page.locator('article table').elementHandle();
  await new Chat(page).alive();
  expect(await table?.evaluate((element) => element.isConnected)).toBe(true);
});

/** Paragraphs, lists and code, about ten tokens each. */
function essay(sections: number): string {
  const section = (n: number) =>
    [`## Part ${n}`, `Some **bold** words of part ${n} and then a few more.`, `- one of ${n}\n- two of ${n}`, `\`\`\`rust\nlet n = ${n};\n\`\`\``].join('\n\n');
  return Array.from({ length: sections }, (_, n) => section(n)).join('\n\n');
}

test('a growing answer never touches closed blocks, and a token costs the same at the end as at the start', async ({ chat }) => {
  await chat.ask(essay(30), 'fake/echo@200');
  const batches = await watchBlocks(chat.page, 'article[aria-busy] .blocks:not(details .blocks)');
  await chat.finished(20_000);
  const seen = await batches();
  expect(seen.at(-1)?.blocks).toBeGreaterThan(100);
  expect(seen.flatMap((batch) => batch.touched)).toEqual([]);
  const end = seen.at(-1)?.at ?? 0;
  const cost = (from: number, to: number) => {
    const part = seen.filter(({ at }) => at >= end * from && at < end * to);
    const sum = (of: (batch: (typeof part)[number]) => number) => part.reduce((total, batch) => total + of(batch), 0);
    return { records: sum((batch) => batch.records), nodes: sum((batch) => batch.nodes) };
  };
  const [first, last] = [cost(0, 0.25), cost(0.75, 1)];
  console.log(`first quarter ${JSON.stringify(first)}, last quarter ${JSON.stringify(last)}`);
  expect(last.records).toBeLessThan(first.records * 1.5 + 20);
  expect(last.nodes).toBeLessThan(first.nodes * 1.5 + 20);
});

/** How far the column of messages is scrolled, and how much of it is below. */
function place(chat: Chat): Promise<{ top: number; below: number }> {
  return chat.prose.evaluate((element) => {
    let at: Element | null = element;
    while (at && !/auto|scroll/.test(getComputedStyle(at).overflowY)) at = at.parentElement;
    const { scrollTop, scrollHeight, clientHeight } = at ?? document.documentElement;
    return { top: scrollTop, below: scrollHeight - scrollTop - clientHeight };
  });
}

/** Where the reader is once the wheel has come to rest. */
async function rest(chat: Chat): Promise<{ top: number; below: number }> {
  let now = await place(chat);
  await expect
    .poll(async () => {
      const before = now.top;
      now = await place(chat);
      return now.top === before;
    }, { intervals: [150] })
    .toBe(true);
  return now;
}

test('the page follows a growing answer, and leaves a reader who scrolled up alone', async ({ chat }) => {
  const { page } = chat;
  const latest = page.getByRole('button', { name: 'Jump to latest' });
  await page.setViewportSize({ width: 900, height: 500 });
  await chat.ask('Count', 'fake/words-1500@250');
  await expect.poll(async () => (await place(chat)).top).toBeGreaterThan(150);
  await expect.poll(async () => (await place(chat)).below).toBeLessThan(60);
  await chat.prose.hover();
  await page.mouse.wheel(0, -130);
  await expect(latest).toBeVisible();
  const before = await rest(chat);
  await expect.poll(async () => (await place(chat)).below).toBeGreaterThan(before.below + 100);
  expect((await place(chat)).top).toBe(before.top);
  await latest.click();
  await expect.poll(async () => (await place(chat)).below).toBeLessThan(60);
  const followed = await place(chat);
  await expect.poll(async () => (await place(chat)).top).toBeGreaterThan(followed.top + 60);
  await expect.poll(async () => (await place(chat)).below).toBeLessThan(60);
  await chat.stop.click();
  await expect(chat.answer).toContainText('Stopped.');
});

test('a reader who scrolls up slowly is let go too', async ({ chat }) => {
  const { page } = chat;
  await page.setViewportSize({ width: 900, height: 500 });
  await chat.ask('Count', 'fake/words-4000@250');
  await expect.poll(async () => (await place(chat)).top).toBeGreaterThan(150);
  await chat.prose.hover();
  for (let step = 0; step < 12; step += 1) {
    await page.mouse.wheel(0, -8);
    await page.waitForTimeout(40);
  }
  await expect(page.getByRole('button', { name: 'Jump to latest' })).toBeVisible();
  const { top } = await rest(chat);
  await page.waitForTimeout(500);
  expect((await place(chat)).top).toBe(top);
  await chat.stop.click();
  await expect(chat.answer).toContainText('Stopped.');
});

test('a reader who scrolls up before asking anything is offered the way back', async ({ chat, person, server }) => {
  await chat.open(`/chat/${await converse(server.url, person, 'Show me everything', 'fake/markdown@0')}`);
  const latest = chat.page.getByRole('button', { name: 'Jump to latest' });
  await expect(latest).toBeHidden();
  // Not by hovering over the answer, which scrolls it into view.
  await chat.page.mouse.move(700, 300);
  await chat.page.mouse.wheel(0, -300);
  await expect(latest).toBeVisible();
  await latest.click();
  await expect(latest).toBeHidden();
  await expect.poll(async () => (await place(chat)).below).toBeLessThan(2);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('the page follows one answer after the other', async ({ chat, person, server }) => {
    await chat.open(`/chat/${await converse(server.url, person, 'Think before you answer', 'fake/reasoning@0')}`);
    for (const model of ['fake/fail-auth', 'fake/words-60@120', 'fake/markdown@400', 'fake/words-60@120']) {
      await chat.ask(`Next, ${model}`, model);
      await expect.poll(async () => (await place(chat)).below, model).toBeLessThan(60);
      await chat.finished();
      await expect.poll(async () => (await place(chat)).below, model).toBeLessThan(60);
      await expect(chat.page.getByRole('button', { name: 'Jump to latest' })).toBeHidden();
    }
  });
});

test('a reader who asks for less motion gets none', async ({ chat }) => {
  await chat.page.emulateMedia({ reducedMotion: 'reduce' });
  await chat.ask('Count', 'fake/slow');
  await expect(chat.prose).toContainText('w2');
  const moving = await chat.page.evaluate(() => document.getAnimations().filter((animation) => animation.playState === 'running').length);
  expect(moving).toBe(0);
  await chat.stop.click();
  await chat.finished();
});

test('the keyboard reaches the composer, and focus is seen', async ({ chat }) => {
  const { page } = chat;
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await skip.focus();
  await expect(skip).toBeInViewport();
  for (let steps = 0; steps < 30; steps += 1) {
    await page.keyboard.press('Tab');
    if (await chat.composer.evaluate((area) => area === document.activeElement)) break;
    const ring = await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement as Element);
      return style.outlineStyle !== 'none' || style.boxShadow !== 'none';
    });
    expect(ring, await page.evaluate(() => (document.activeElement as Element).outerHTML.slice(0, 120))).toBe(true);
  }
  await expect(chat.composer).toBeFocused();
});
