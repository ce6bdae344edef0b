// What goes wrong is said in the reader's words, where it happened, and nothing that was typed is lost.
import { type Page } from '@playwright/test';
import { PASSWORD, converse, freshEmail, register } from '../fixtures/api';
import { Chat, sequence } from '../fixtures/chat';
import { expect, signIn, test } from '../fixtures/test';

// The last is the code of the budget bar, which is asked for with the first word.
const OFFLINE = [/ERR_CONNECTION_REFUSED/, /ERR_CONNECTION_RESET/, /ERR_EMPTY_RESPONSE/, /TypeError: Failed to fetch[^]*__wasm_split/];

test('a message that cannot be sent comes back into the composer, and is sent once the server is there again', async ({
  page,
  clean,
  ownServer,
}) => {
  clean.allow(...OFFLINE);
  await signIn(page, await register(ownServer.url, 'Ada'), ownServer.url);
  const chat = new Chat(page);
  await chat.alive();
  await chat.choose('fake/echo');
  await ownServer.stop();
  await chat.composer.fill('Do not lose this');
  await chat.composer.press('Enter');
  await expect(page.getByRole('alert')).toContainText('The server cannot be reached.');
  await expect(chat.composer).toHaveValue('Do not lose this');
  await expect(chat.questions).toHaveCount(0);
  await ownServer.start();
  await chat.composer.press('Enter');
  await chat.finished();
  await expect(chat.prose).toHaveText('Do not lose this');
  await expect(chat.questions).toHaveCount(1);
});

test('a message that is too long is refused with a sentence and stays in the composer', async ({ chat, clean }) => {
  clean.allow(/422|400|413/);
  const text = 'x'.repeat(100_001);
  // The attribute keeps a reader from typing so much; what is pasted by a script is checked by the server.
  await chat.composer.evaluate((area) => area.removeAttribute('maxlength'));
  await chat.composer.fill(text);
  await chat.composer.press('Enter');
  await expect(chat.page.getByRole('alert')).toContainText('At most 100000 characters');
  await expect(chat.composer).toHaveValue(text);
});

test('a running answer survives a restart of the server: it is marked and goes on', async ({ page, clean, ownServer }) => {
  clean.allow(...OFFLINE, /ERR_INCOMPLETE_CHUNKED_ENCODING/);
  await signIn(page, await register(ownServer.url, 'Ada'), ownServer.url);
  const chat = new Chat(page);
  await chat.alive();
  await chat.ask('Count', 'fake/words-300@60');
  await expect(chat.prose).toContainText('w40');
  await ownServer.stop('SIGKILL');
  const shown = await chat.words();
  await page.waitForTimeout(1_500);
  await ownServer.start();
  // The page has been asking all the while; browsers by themselves would ask every three seconds or later.
  await expect(chat.answer).toContainText('The server was interrupted while it wrote this.', { timeout: 2_000 });
  const kept = await chat.words();
  expect(kept.slice(0, shown.length)).toEqual(shown);
  await chat.answer.getByRole('button', { name: 'Continue' }).click();
  // The answer stands still until the server has taken the click: only its words say that it is whole.
  await expect.poll(() => chat.words(), { timeout: 20_000 }).toEqual(sequence(300));
  await chat.finished();
});

test('a refused key is said in a sentence, and trying again asks again', async ({ chat }) => {
  await chat.ask('Hello', 'fake/fail-auth');
  await expect(chat.answer.getByRole('alert')).toContainText("The provider does not accept this server's key.");
  await expect(chat.answer.getByRole('button', { name: 'Continue' })).toHaveCount(0);
  // The provider's own words are for administrators.
  await expect(chat.answer.getByText('Details')).toHaveCount(0);
  await expect(chat.answer).not.toContainText('The scripted provider');
  await chat.choose('fake/echo');
  await chat.answer.getByRole('button', { name: 'Try again' }).click();
  await chat.finished();
  await expect(chat.prose).toHaveText('Hello');
});

test('a refused key is said in Chinese on a Chinese page', async ({ chat }) => {
  await chat.page.context().addCookies([{ name: 'lang', value: 'zh-CN', url: chat.page.url() }]);
  await chat.page.getByRole('button', { name: /Account and settings/ }).click();
  await chat.page.getByRole('button', { name: '中文' }).click();
  await expect(chat.page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await chat.alive();
  await chat.ask('你好', 'fake/fail-auth');
  await expect(chat.answer.getByRole('alert')).toContainText('模型服务不接受本站的密钥。');
  await expect(chat.answer.getByRole('button', { name: '重试' })).toBeVisible();
});

test('an answer that breaks off in the middle keeps its text', async ({ chat }) => {
  await chat.ask('Hello', 'fake/fail-mid');
  await expect(chat.answer.getByRole('alert')).toContainText('The connection to the provider failed.');
  expect(await chat.words()).toEqual(sequence(5));
  await expect(chat.answer.getByRole('button', { name: 'Try again' })).toBeVisible();
  await expect(chat.answer.getByRole('button', { name: 'Continue' })).toBeVisible();
  await chat.page.reload();
  expect(await chat.words()).toEqual(sequence(5));
  await expect(chat.answer.getByRole('alert')).toContainText('The connection to the provider failed.');
});

test('a provider that fails twice at first is asked again, and the page says so', async ({ chat }) => {
  await chat.ask('Hello', 'fake/fail-first-2@0');
  await expect(chat.answer).toContainText('Asking again…');
  await chat.finished();
  expect(await chat.words()).toEqual(sequence(20));
});

async function tryToSignIn(page: Page, email: string): Promise<string> {
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('surely not this');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByLabel('E-mail')).toHaveValue(email);
  return page.getByRole('alert').innerText();
}

test('a wrong password and an unknown address get the same sentence', async ({ page, person }) => {
  const wrong = await tryToSignIn(page, person.email);
  expect(wrong).toBe('The e-mail address and the password do not belong together.');
  expect(await tryToSignIn(page, freshEmail())).toBe(wrong);
});

test('what is wrong with a registration stands under its fields', async ({ page, person }) => {
  await page.goto('/register');
  const form = page.locator('form:has(input[name=password])');
  await form.evaluate((element: HTMLFormElement) => (element.noValidate = true));
  await page.getByLabel('E-mail').fill('no address');
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByLabel('E-mail')).toHaveAccessibleDescription(/This does not look like an e-mail address\./);
  await expect(page.getByLabel('E-mail')).toHaveValue('no address');
  await expect(page.getByLabel('Password')).toHaveAccessibleDescription(/At least 8 characters, please\./);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByLabel('E-mail')).toHaveAccessibleDescription(/Somebody has this already\./);
});

test('a path that does not exist says so', async ({ page, clean }) => {
  clean.allow(/404/);
  const answer = await page.goto('/no/such/page');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'This page does not exist' })).toBeVisible();
  await page.getByRole('link', { name: 'Go to your chats' }).click();
  await expect(page).toHaveURL(/\/login/);
});

test('somebody else\'s chat, an unknown one and no id at all look the same', async ({ chat, clean, admin, server }) => {
  clean.allow(/404/);
  const hers = await converse(server.url, admin, 'My secret plan', 'fake/echo@0');
  const looks: string[] = [];
  for (const id of [hers, '01a20740-0000-7000-8000-000000000000', 'not-an-id']) {
    const answer = await chat.page.goto(`/chat/${id}`);
    expect(answer?.status(), id).toBe(404);
    expect(await answer?.text()).not.toContain('My secret plan');
    await expect(chat.page.getByRole('heading', { name: 'This page does not exist' })).toBeVisible();
    await chat.alive();
    looks.push((await chat.page.locator('.problem').innerHTML()).replaceAll(/<!--.*?-->/g, ''));
  }
  // And as a path that no page has.
  await chat.page.goto('/nowhere');
  await expect(chat.page.getByRole('heading', { name: 'This page does not exist' })).toBeVisible();
  looks.push((await chat.page.locator('.problem').innerHTML()).replaceAll(/<!--.*?-->/g, ''));
  expect(new Set(looks).size, looks.join('\n')).toBe(1);
});
