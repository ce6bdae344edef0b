// What the model sees of a conversation: the bar in the composer, pins, a summary in the place of the oldest messages, and what is
// too long, with a pointer, on a phone, in Chinese, and without scripts.
import AxeBuilder from '../fixtures/axe';
import type { Locator, Page } from '@playwright/test';
import { type Person, converse } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { expect, signIn, test } from '../fixtures/test';

const PHONE = { width: 390, height: 844 };
/** 300 tokens an answer, in a window of 4,096. */
const MODEL = 'fake/words-300@0';
const LONG = 'word '.repeat(200);

const bar = (page: Page): Locator => page.locator('.budget-button');
const panel = (page: Page): Locator => page.locator('#budget-panel');
const block = (page: Page): Locator => page.locator('.summary-block');

async function change(server: string, person: Person, chat: string, body: unknown): Promise<void> {
  const answer = await fetch(`${server}/api/llm/sessions/${chat}/`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${person.access}` },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

/** A conversation that is one question away from its summary. */
async function full(server: string, person: Person): Promise<string> {
  const chat = await converse(server, person, `first ${LONG}`, MODEL);
  await change(server, person, chat, { context: 'summary' });
  for (let turn = 1; turn < 5; turn += 1) await converse(server, person, `turn ${turn} ${LONG}`, MODEL, chat);
  return chat;
}

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`))).toEqual([]);
}

async function fits(page: Page): Promise<void> {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect(wide).toBeLessThanOrEqual(room);
}

test('the bar follows what is written, what was answered and the model', async ({ chat }) => {
  const { page } = chat;
  await chat.hear('go', MODEL);
  await expect(bar(page)).toHaveAccessibleName(/The next question would use about \d+ of 4,?096 tokens \(\d+%\)/);
  const percent = async () => Number.parseInt((await bar(page).locator('.budget-figure').textContent()) ?? '', 10);
  await expect.poll(percent).toBeGreaterThan(5);
  const before = await percent();
  await chat.composer.fill('word '.repeat(800));
  await expect.poll(percent).toBeGreaterThan(before + 20);
  await bar(page).click();
  await expect(panel(page)).toContainText(/What you are writing\s*1,?008/);
  await accessible(page);
  await page.screenshot({ path: 'artifacts/context-bar-light.png' });
  await page.keyboard.press('Escape');
  await page.emulateMedia({ colorScheme: 'dark' });
  await bar(page).click();
  await page.screenshot({ path: 'artifacts/context-bar-dark.png' });
  await page.keyboard.press('Escape');
  await chat.composer.fill('');
  await chat.choose('fake/long-5@0');
  await expect(bar(page)).toHaveAccessibleName(/of 131,?072 tokens/);
});

test('a message that is too long is refused with the numbers and comes back to be shortened', async ({ chat, clean }) => {
  clean.allow(/422/);
  const { page } = chat;
  await chat.choose(MODEL);
  const long = 'word '.repeat(4_000);
  await chat.composer.fill(long);
  await chat.composer.press('Enter');
  await expect(page.getByRole('alert')).toContainText(/about 5,?008 tokens.*room for 3,?8\d\d.*larger context window/);
  await expect(chat.composer).toHaveValue(long);
  await expect(chat.questions).toHaveCount(0);
  await chat.choose('fake/long-5@0');
  await chat.composer.press('Enter');
  await expect(chat.prose).toContainText('w5');
});

test('a pinned message says so, is counted, and can be let go', async ({ chat }) => {
  const { page } = chat;
  await chat.hear('Keep this in mind', MODEL);
  await chat.question.hover();
  await chat.question.getByRole('button', { name: 'Pin: keep in context' }).click();
  await expect(chat.question.getByRole('button', { name: 'Unpin' })).toBeVisible();
  await expect(bar(page)).toBeVisible();
  await bar(page).click();
  await expect(panel(page)).toContainText(/Pinned messages\s*\d+/);
  await page.keyboard.press('Escape');
  await page.reload();
  await chat.alive();
  await chat.question.getByRole('button', { name: 'Unpin' }).click();
  await expect(chat.question.getByRole('button', { name: 'Pin: keep in context' })).toBeAttached();
  await bar(page).click();
  await expect(panel(page)).not.toContainText('Pinned messages');
});

test('the oldest messages become a summary that folds them away', async ({ chat, person, server }) => {
  const { page } = chat;
  const id = await full(server.url, person);
  await chat.open(`/chat/${id}`);
  await expect(block(page)).toHaveCount(0);
  let turns = 5;
  for (; turns < 9 && (await block(page).count()) === 0; turns += 1) {
    await chat.hear(`more ${turns} ${LONG}`);
    await page.waitForLoadState('networkidle');
  }
  await expect(block(page)).toBeVisible();
  await expect(block(page)).toContainText(/Summary of \d+ messages/);
  await expect(block(page)).toContainText('w1 w2 w3');
  await expect(chat.answers.filter({ hasText: /messages were summarised to make room/ })).not.toHaveCount(0); // one turn more may have begun meanwhile
  await expect(page.locator('.question').first()).toBeHidden();
  await expect(chat.question).toBeVisible();
  await page.screenshot({ path: 'artifacts/context-summary-light.png' });
  await block(page).getByText('Show the original messages').click();
  await expect(page.locator('.question').first()).toBeVisible();
  await expect(page.locator('.question').first()).toContainText('first');
  await page.reload();
  await chat.alive();
  await expect(block(page)).toBeVisible();
  await expect(page.locator('.question').first()).toBeHidden();
  // The other way does without it.
  await chat.composer.pressSequentially('x');
  await bar(page).click();
  await panel(page).getByRole('radio', { name: /Leave out the oldest/ }).click();
  await expect(block(page)).toHaveCount(0);
});

test('on a phone and in Chinese', async ({ page, person, server }) => {
  const id = await full(server.url, person);
  await converse(server.url, person, `more ${LONG}`, MODEL, id);
  await converse(server.url, person, `and more ${LONG}`, MODEL, id);
  await signIn(page, person);
  await page.setViewportSize(PHONE);
  await page.context().addCookies([{ name: 'lang', value: 'zh-CN', url: server.url }]);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`/chat/${id}`);
  await new Chat(page).alive();
  await expect(block(page)).toContainText('条消息的摘要');
  await new Chat(page).composer.pressSequentially('再问');
  await expect(bar(page)).toHaveAccessibleName(/下一个问题约使用/);
  await bar(page).click();
  await expect(panel(page)).toContainText('概括最早的消息');
  await page.screenshot({ path: 'artifacts/context-zh-phone.png' });
  await fits(page);
  await page.goto(`/context/${id}`);
  await expect(page.getByRole('heading', { name: '模型看到的内容' })).toBeVisible();
  await fits(page);
  await page.screenshot({ path: 'artifacts/context-page-zh-phone.png' });
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ clean }) => clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/));

  test('the summary is changed, a pin is set and let go, and the way of making room is chosen', async ({ page, person, server }) => {
    const id = await full(server.url, person);
    await converse(server.url, person, `more ${LONG}`, MODEL, id);
    await converse(server.url, person, `and more ${LONG}`, MODEL, id);
    await signIn(page, person);
    await page.goto(`/chat/${id}`);
    const chat = new Chat(page);
    await expect(block(page)).toContainText('w1 w2 w3');
    await chat.question.getByRole('button', { name: 'Pin: keep in context' }).click();
    await expect(chat.question.getByRole('button', { name: 'Unpin' })).toBeVisible();
    await block(page).getByRole('link').click();
    await expect(page).toHaveURL(new RegExp(`/context/${id}$`));
    await expect(page.getByRole('listitem').filter({ hasText: 'and more' })).toBeVisible();
    await page.screenshot({ path: 'artifacts/context-page-light.png', fullPage: true });
    await page.getByLabel('Summary', { exact: true }).fill('The tide follows the moon.');
    await page.locator('form:has(textarea[name=content]) button').click();
    await expect(page).toHaveURL(new RegExp(`/chat/${id}$`));
    await expect(block(page)).toContainText('The tide follows the moon.');
    await page.getByRole('link', { name: 'Context', exact: true }).click();
    await page.getByRole('button', { name: 'Unpin' }).click();
    await page.goto(`/context/${id}`);
    await expect(page.getByText('Pin a message to keep it')).toBeVisible();
    await page.getByRole('radio', { name: /Leave out the oldest/ }).check();
    await page.locator('form:has(input[name=context]) button').click();
    await expect(page).toHaveURL(new RegExp(`/chat/${id}$`));
    await expect(block(page)).toHaveCount(0);
  });
});
