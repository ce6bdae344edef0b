// A temporary chat: asked, stopped, failed and kept; and nothing of it is anywhere else than on its page.
import { register } from '../fixtures/api';
import { Chat, sequence } from '../fixtures/chat';
import { LOOKS, sound } from '../fixtures/look';
import { Server } from '../fixtures/server';
import { expect, signIn, test } from '../fixtures/test';

const WORD = 'quincunxial';

test('a temporary chat is held by its page alone: streamed, stopped, asked again, and gone', async ({ page, clean, ownServer }) => {
  clean.allow(/ERR_ABORTED/, /status of 422/, /status 422: POST .*\/temporary$/);
  const ada = await register(ownServer.url, 'Ada');
  await signIn(page, ada, ownServer.url);
  const chat = new Chat(page);
  await chat.alive();
  await page.keyboard.press('Alt+Shift+T');
  await expect(page).toHaveURL(/\/temporary$/);
  await expect(page.getByText('Temporary chat: nothing of it is stored.')).toBeVisible();
  await sound(page, 'temporary-empty', true);
  expect(await page.locator('script[src*=".wasm"], link[href*=".wasm"], script[src="/desk.js"]').count()).toBe(0);

  // By keys alone; the answer comes as blocks, and the next question takes what was said along.
  await expect(chat.composer).toBeFocused();
  await chat.choose('fake/echo@0');
  await chat.composer.fill(`**${WORD}** is \`code\``);
  await chat.composer.press('Enter');
  await expect(chat.prose.locator('strong')).toHaveText(WORD);
  await expect(chat.answer).toHaveAttribute('aria-busy', 'false');
  await expect(page.locator('#temporary-said')).not.toBeEmpty();
  await expect(chat.answer).toContainText('Tokens out');
  const asked = page.waitForRequest((request) => request.method() === 'POST');
  await chat.choose('fake/reasoning@0');
  await chat.composer.fill('And why?');
  await chat.composer.press('Enter');
  const body = (await asked).postDataJSON() as { history: { role: string; content: string }[] };
  expect(body.history.map(({ role }) => role)).toEqual(['user', 'assistant']);
  await expect(chat.answer.locator('.reasoning')).toBeVisible();
  await expect(chat.prose.locator('strong')).toHaveText('yes');
  await expect(chat.answer).toHaveAttribute('aria-busy', 'false');
  await sound(page, 'temporary', true);

  // Stopped: what had come stays.
  await chat.choose('fake/words-2000@50');
  await chat.composer.fill('Count');
  await chat.composer.press('Enter');
  await expect(chat.prose).toContainText('w10');
  await chat.stop.click();
  await expect(chat.answer).toContainText('Stopped.');
  const words = await chat.words();
  expect(words).toEqual(sequence(words.length));
  await expect(chat.composer).toBeFocused();

  // What fails is said in place and can be tried again; what cannot be asked comes back to the field.
  await chat.choose('fake/fail-auth@0');
  await chat.composer.fill('Will it?');
  await chat.composer.press('Enter');
  await expect(chat.answer.locator('.status.failed')).toBeVisible();
  await chat.choose('fake/echo@0');
  await chat.answer.getByRole('button', { name: 'Try again' }).click();
  await expect(chat.prose).toHaveText('Will it?');
  await expect(chat.answer).toHaveAttribute('aria-busy', 'false');
  await chat.choose('fake/nothing');
  await chat.composer.fill('Not to be lost');
  await chat.composer.press('Enter');
  await expect(page.locator('#temporary-refused')).not.toBeEmpty();
  await expect(chat.composer).toHaveValue('Not to be lost');
  await chat.composer.fill('');

  // Nowhere: not in the files of the server, not in the browser, not in the list; and after a reload not even here.
  expect(ownServer.holding(WORD)).toEqual([]);
  expect(ownServer.log()).not.toContain(WORD);
  const kept = await page.evaluate(async () => [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), (await caches.keys()).join()].join());
  expect(kept).not.toContain(WORD);
  await page.reload();
  await expect(chat.answers).toHaveCount(0);
  await page.goto(`${ownServer.url}/`);
  await expect(page.locator('.sidebar .chat-row')).toHaveCount(0);
  await page.goto(`${ownServer.url}/settings/usage`);
  await expect(page.getByText('echo@0')).toBeVisible();

  // One that is worth it is kept by one press, and says what it was.
  await page.goto(`${ownServer.url}/temporary`);
  await chat.choose('fake/echo@0');
  await chat.composer.fill(WORD);
  await chat.composer.press('Enter');
  await expect(chat.prose).toHaveText(WORD);
  await page.getByRole('button', { name: 'Keep this chat' }).click();
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}$/);
  await expect(chat.prose).toHaveText(WORD);
  expect(ownServer.holding(WORD).length).toBeGreaterThan(0);
});

test.describe('without scripts, on a phone, in Chinese, in the dark', () => {
  test.use(LOOKS['without scripts, on a phone, in Chinese, in the dark']);

  test('the page comes with the answer in it and holds what was said', async ({ page, clean, person }) => {
    clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/, /status of 422/, /status 422: POST .*\/temporary$/);
    await signIn(page, person);
    await page.getByRole('button', { name: '打开对话列表' }).click();
    await expect(page.getByRole('link', { name: '临时对话' })).toHaveAttribute('href', '/temporary');
    await page.goto('/temporary');
    await expect(page.getByText('临时对话：任何内容都不会保存。')).toBeVisible();
    await sound(page, 'temporary-empty', false);
    const chat = new Chat(page);
    await chat.choose('fake/echo@0');
    await chat.composer.fill('第一个 **问题**');
    await chat.send.click();
    await expect(chat.prose.locator('strong')).toHaveText('问题');
    await chat.choose('fake/reasoning@0');
    await chat.composer.fill('为什么？');
    await chat.send.click();
    await expect(chat.answers).toHaveCount(2);
    await expect(chat.answer.locator('.reasoning')).toBeVisible();
    await expect(chat.questions.first()).toContainText('第一个');
    await sound(page, 'temporary', false);
    await chat.choose('fake/nothing');
    await chat.composer.fill('不要丢失');
    await chat.send.click();
    await expect(page.getByRole('alert')).toBeVisible();
    await expect(chat.composer).toHaveValue('不要丢失');
    await expect(chat.answers).toHaveCount(2);
    await page.getByRole('button', { name: '保存此对话' }).click();
    await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}$/);
    await expect(chat.answers).toHaveCount(2);
  });
});

test('with fewer than two models nothing is offered to compare, and the page says why', async ({ page }) => {
  const server = new Server({ LIAO_FAKE_PROVIDER: 'false' });
  try {
    await server.start();
    await signIn(page, await register(server.url, 'Ada'), server.url);
    await new Chat(page).alive();
    await expect(new Chat(page).picker).toBeVisible();
    await expect(page.getByRole('link', { name: 'Compare models' })).toHaveCount(0);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to' }).fill('chat');
    await expect(page.getByRole('option', { name: 'Temporary chat' })).toBeVisible();
    await page.getByRole('combobox', { name: 'Go to' }).fill('compare models');
    await expect(page.getByRole('option', { name: /^Compare models/ })).toHaveCount(0);
    await page.goto(`${server.url}/compare/new`);
    await expect(page.getByText(/^Comparing takes two models/)).toBeVisible();
    await expect(page.getByRole('link', { name: 'Add models' })).toHaveAttribute('href', '/admin/providers');
    await expect(page.getByRole('button', { name: 'Ask them' })).toHaveCount(0);
    await sound(page, 'comparison-none', true);
  } finally {
    await server.remove();
  }
});
