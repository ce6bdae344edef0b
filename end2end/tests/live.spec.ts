// What happens on one device is on the others within a second, and what ended while nobody looked is marked.
import AxeBuilder from '../fixtures/axe';
import type { Page } from '@playwright/test';
import { converse } from '../fixtures/api';
import { Chat, sequence } from '../fixtures/chat';
import { expect, signIn, signInContext, test } from '../fixtures/test';

// A second, and what a machine adds that has two browsers and two servers to run.
const SECOND = { timeout: 5_000 };

/** The page as its reader sees it, or as if another window stood before it. */
async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

/** Until the script that comes last is there. */
async function settled(page: Page): Promise<void> {
  await expect(page.locator('.toasts.live')).toBeAttached({ timeout: 10_000 });
}

test('a second device sees chats come, change, be answered, and go', async ({ chat, browser, person, server, clean }) => {
  // A page that hears of a chat which is gone by then asks for it in vain.
  clean.allow(/status 404: GET .*\/api\/llm\/sessions\//, /responded with a status of 404/);
  test.setTimeout(120_000);
  const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1280, height: 860 } });
  clean.watch(context);
  await signInContext(context, person, server.url);
  const other = new Chat(await context.newPage());
  await other.open('/');
  await expect(other.page.locator('.account-button .presence')).toBeVisible();
  const row = (of: Chat, title: string | RegExp) => of.page.locator('.chat-row').filter({ hasText: title });

  await chat.ask('Count slowly', 'fake/words-60@20');
  await expect(row(other, 'Count slowly').getByRole('img', { name: 'An answer is being written' })).toBeVisible(SECOND);
  // The same conversation on both: what one asks, the other shows.
  await row(other, 'Count slowly').getByRole('link').first().click();
  await expect(other.answer).toHaveAttribute('aria-busy', 'true');
  await chat.finished();
  await other.finished();
  expect(await other.words()).toEqual(sequence(60));
  await chat.ask('Once more', 'fake/words-40@20');
  await expect(other.questions).toHaveCount(2, { timeout: 3_000 });
  await other.finished();
  await expect(other.answers).toHaveCount(2);
  expect(await other.words()).toEqual(sequence(40));
  // Both looked: nothing is new.
  await expect(chat.page.locator('.unread')).toHaveCount(0);
  expect(await other.page.title()).not.toMatch(/^\(/);

  await row(chat, 'Count slowly').hover();
  await row(chat, 'Count slowly').getByRole('button', { name: 'Rename' }).click();
  await chat.page.getByRole('textbox', { name: 'Title' }).last().fill('Numbers');
  await chat.page.keyboard.press('Enter');
  await expect(row(other, 'Numbers')).toBeVisible(SECOND);
  await expect(other.page.getByRole('heading', { name: 'Numbers' })).toBeVisible();
  const id = chat.page.url().split('/').pop();
  const put = (change: object) =>
    fetch(`${server.url}/api/llm/sessions/${id}/`, { method: 'PATCH', headers: { authorization: `Bearer ${person.access}`, 'content-type': 'application/json' }, body: JSON.stringify(change) });
  await put({ pinned: true });
  await expect(other.page.getByRole('heading', { name: 'Pinned' })).toBeVisible(SECOND);
  await put({ pinned: false, archived: true });
  await expect(row(other, 'Numbers')).toHaveCount(0, SECOND);
  await put({ archived: false });
  await expect(row(other, 'Numbers')).toBeVisible(SECOND);
  await other.page.goto('/');
  await row(chat, 'Numbers').hover();
  await row(chat, 'Numbers').getByRole('button', { name: 'Delete' }).click();
  await expect(row(other, 'Numbers')).toHaveCount(0, SECOND);
  await context.close();
});

test('an answer that nobody looked at is marked until one device opens it, without scripts too', async ({ chat, browser, person, server, clean }) => {
  clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
  test.setTimeout(120_000);
  const { page } = chat;
  const marks = page.getByRole('img', { name: 'New answer' });
  const id = await converse(server.url, person, 'What are tides?', 'fake/words-5@10');
  await expect(marks).toHaveCount(1, SECOND);
  await expect(page).toHaveTitle('(1) Liao');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);

  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false });
  clean.watch(context);
  await signInContext(context, person, server.url);
  const plain = await context.newPage();
  await plain.goto('/');
  await expect(plain.getByRole('img', { name: 'New answer' })).toHaveCount(1);
  await expect(plain).toHaveTitle('(1) Liao');
  await plain.goto(`/chat/${id}`);
  await expect(plain).toHaveTitle('What are tides? · Liao');
  await expect(plain.getByRole('img', { name: 'New answer' })).toHaveCount(0);
  // It was opened there: here it is no news any more.
  await expect(marks).toHaveCount(0, SECOND);
  await expect(page).toHaveTitle('Liao');
  await context.close();

  // A window that nobody looks at does not count as looking, until somebody does.
  await page.locator(`.chat-row > a[href="/chat/${id}"]`).click();
  await expect(chat.answers).toHaveCount(1);
  await hide(page, true);
  await converse(server.url, person, 'And waves?', 'fake/words-5@10', id);
  await expect(page).toHaveTitle('(1) What are tides? · Liao', { timeout: 3_000 });
  await hide(page, false);
  await expect(page).toHaveTitle('What are tides? · Liao', { timeout: 3_000 });
  await expect(chat.answers).toHaveCount(2, { timeout: 3_000 });
  const session = async () => (await (await fetch(`${server.url}/api/llm/sessions/${id}/`, { headers: { authorization: `Bearer ${person.access}` } })).json()) as { unread: boolean };
  await expect.poll(async () => (await session()).unread).toBe(false);
});

test('an answer that ends in another chat is told of: on the page, by the device where no page is seen, or not at all', async ({ chat, person, server }) => {
  test.setTimeout(120_000);
  const { page } = chat;
  await page.addInitScript(() => {
    const shown: { title: string; body?: string; tag?: string }[] = [];
    class Shown {
      static permission = localStorage.getItem('test.permission') ?? 'default';
      static async requestPermission() {
        Shown.permission = localStorage.getItem('test.answer') ?? 'granted';
        localStorage.setItem('test.permission', Shown.permission);
        return Shown.permission;
      }
      onclick = () => {};
      constructor(title: string, { body, tag }: NotificationOptions) {
        shown.push({ title, body, tag });
      }
      close() {}
    }
    Object.assign(window, { Notification: Shown, shown });
  });
  const shown = () => page.evaluate(() => (window as unknown as { shown: { title: string }[] }).shown);
  await chat.open('/');
  await settled(page);

  // On the page, with a link.
  const id = await converse(server.url, person, 'What are tides?', 'fake/words-5@10');
  const toast = page.locator('.toasts.live .toast');
  await expect(toast).toContainText('What are tides?: The answer has ended.', { timeout: 4_000 });
  await toast.getByRole('link', { name: 'Open' }).click();
  await expect(page).toHaveURL(new RegExp(id));
  await expect(toast).toHaveCount(0);
  // What is on the page is not told of.
  await chat.hear('And waves?', 'fake/words-5@10');
  await page.waitForTimeout(1_500);
  await expect(toast).toHaveCount(0);

  // Nothing was asked for yet, so nothing is shown.
  await chat.open('/');
  await settled(page);
  await hide(page, true);
  await converse(server.url, person, 'What are clouds?', 'fake/words-5@10');
  await page.waitForTimeout(2_000);
  expect(await shown()).toEqual([]);

  // Asked for by a press; refused, and then allowed.
  await page.evaluate(() => localStorage.setItem('test.answer', 'denied'));
  await chat.open('/settings/preferences');
  await page.getByRole('button', { name: 'Allow notifications on this device' }).click();
  await expect(page.getByText('This browser blocks notifications from here.')).toBeVisible();
  await page.evaluate(() => localStorage.setItem('test.permission', 'default'));
  await page.evaluate(() => localStorage.setItem('test.answer', 'granted'));
  await page.reload();
  await page.getByRole('button', { name: 'Allow notifications on this device' }).click();
  await expect(page.getByText('This device shows a notification while Liao is in the background.')).toBeVisible();
  await settled(page);
  await hide(page, true);
  const rain = await converse(server.url, person, 'What is rain?', 'fake/words-5@10');
  await expect.poll(shown, { timeout: 5_000 }).toEqual([{ title: 'What is rain?', body: 'The answer has ended.', tag: rain }]);

  // Whoever does not want it says so once, for every device.
  await hide(page, false);
  await page.getByLabel('Tell me when an answer has ended in another chat').uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  await chat.alive();
  await settled(page);
  await converse(server.url, person, 'What is snow?', 'fake/words-5@10');
  await expect(page.locator('.chat-row').filter({ hasText: 'What is snow?' }).locator('.unread')).toBeVisible();
  await page.waitForTimeout(1_500);
  await expect(toast).toHaveCount(0);
});

test('on a phone a swipe opens the list, whose button says that something is new', async ({ browser, person, server, clean }) => {
  const context = await browser.newContext({ baseURL: server.url, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: 'zh-CN' });
  clean.watch(context);
  const page = await context.newPage();
  await signIn(page, person);
  await settled(page);
  await converse(server.url, person, '潮汐是什么？', 'fake/words-5@10');
  const button = page.getByRole('button', { name: '打开对话列表' });
  await expect.poll(() => button.evaluate((element) => getComputedStyle(element, '::after').content), SECOND).toBe('""');
  const sidebar = page.locator('#sidebar');
  const swipe = (from: number, to: number) =>
    page.evaluate(
      ([from, to]) => {
        const target = document.elementFromPoint(from!, 300) ?? document.body;
        const touch = (x: number) => new Touch({ identifier: 1, target, clientX: x, clientY: 300 });
        target.dispatchEvent(new TouchEvent('touchstart', { bubbles: true, touches: [touch(from!)], changedTouches: [touch(from!)] }));
        target.dispatchEvent(new TouchEvent('touchend', { bubbles: true, touches: [], changedTouches: [touch(to!)] }));
      },
      [from, to],
    );
  await swipe(100, 130);
  await expect(sidebar).toBeHidden();
  await swipe(60, 260);
  await expect(sidebar).toBeVisible();
  await expect(sidebar.getByRole('img', { name: '有新回答' })).toBeVisible();
  await swipe(260, 60);
  await expect(sidebar).toBeHidden();
  await context.close();
});
