// The core path with scripts switched off: every step is a link or a plain form.
import type { Locator, Page } from '@playwright/test';
import { PASSWORD, converse, freshEmail } from '../fixtures/api';
import { Chat, sequence } from '../fixtures/chat';
import { expect, signIn, test } from '../fixtures/test';

test.use({ javaScriptEnabled: false });

// What the browser says of the script that it was told not to run.
test.beforeEach(({ clean }) => clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/));

/** Sends a question with a model; one that the list lacks joins it first. */
async function send(page: Page, text: string, model: string): Promise<void> {
  const chat = new Chat(page);
  await chat.choose(model);
  await chat.composer.fill(text);
  await chat.send.click();
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}$/);
}

/** The page loads itself again until the answer is complete. */
async function complete(page: Page): Promise<void> {
  const chat = new Chat(page);
  await expect(chat.answer).toHaveAttribute('aria-busy', 'false', { timeout: 20_000 });
  await expect(chat.send).toBeVisible();
}

test('registering leads into an empty chat', async ({ page }) => {
  await page.goto('/login');
  await page.getByRole('link', { name: 'Create account' }).click();
  await page.getByLabel('E-mail').fill(freshEmail());
  await page.getByLabel('Name').fill('Wei');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'What is on your mind, Wei?' })).toBeVisible();
});

test('a wrong password is said in a sentence, and the address is kept', async ({ page, person, server }) => {
  const chat = await converse(server.url, person, 'Where was I?', 'fake/echo@0');
  await page.goto(`/chat/${chat}`);
  await expect(page).toHaveURL(/\/login/);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('The e-mail address and the password do not belong together.');
  await expect(page.getByLabel('E-mail')).toHaveValue(person.email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(new RegExp(`/chat/${chat}$`));
  await expect(new Chat(page).prose).toHaveText('Where was I?');
});

test('a message written meanwhile waits, and is asked when the answer is complete', async ({ page, person }) => {
  await signIn(page, person);
  await send(page, 'Count', 'fake/words-300@100');
  await page.getByRole('link', { name: 'Write the next message' }).click();
  await expect(page).toHaveURL(/write=1$/);
  await new Chat(page).composer.fill('And then?');
  await page.getByRole('button', { name: 'Send when the answer is complete' }).click();
  await expect(page.getByRole('region', { name: 'Waiting messages' }).getByRole('listitem')).toContainText('And then?');
  await expect(new Chat(page).question).toContainText('And then?', { timeout: 20_000 });
  await complete(page);
  await expect(page.getByRole('region', { name: 'Waiting messages' })).toHaveCount(0);
});

test('an answer is read by reloading, every word once', async ({ page, person }) => {
  await signIn(page, person);
  await send(page, 'Count', 'fake/words-100');
  const chat = new Chat(page);
  await expect(chat.question).toContainText('Count');
  await complete(page);
  expect(await chat.words()).toEqual(sequence(100));
});

test('an answer in Markdown is whole', async ({ page, person }) => {
  await signIn(page, person);
  await send(page, 'Show me everything', 'fake/markdown');
  await complete(page);
  const { answer } = new Chat(page);
  await expect(answer.getByRole('heading', { name: 'A tour of Markdown' })).toBeVisible();
  await expect(answer.getByRole('cell', { name: 'PostgreSQL' })).toBeVisible();
  await expect(answer.locator('math').first()).toBeVisible();
});

test('stop keeps what there is', async ({ page, person }) => {
  await signIn(page, person);
  await send(page, 'Slowly', 'fake/slow');
  const chat = new Chat(page);
  await expect(chat.prose).toContainText('w5', { timeout: 15_000 });
  // The page loads itself again: what would be typed meanwhile would be lost.
  await expect(page.locator('#composer textarea')).toBeHidden();
  await chat.stop.click();
  await expect(chat.answer).toContainText('Stopped.');
  const kept = await chat.words();
  expect(kept).toEqual(sequence(kept.length));
  expect(kept.length).toBeGreaterThanOrEqual(5);
});

test('answering again makes a version, and the switcher goes back', async ({ page, person }) => {
  await signIn(page, person);
  await send(page, 'Twice, please', 'fake/echo');
  await complete(page);
  const chat = new Chat(page);
  await chat.answer.getByRole('button', { name: 'Answer again' }).click();
  await complete(page);
  await expect(chat.answer.getByRole('group', { name: 'Version 2 of 2' })).toBeVisible();
  await chat.answer.getByRole('button', { name: 'Previous version' }).click();
  await expect(chat.answer.getByRole('group', { name: 'Version 1 of 2' })).toBeVisible();
});

test('a question is edited, or left as it was', async ({ page, person }) => {
  await signIn(page, person);
  await send(page, 'Frist', 'fake/echo@0');
  await complete(page);
  const chat = new Chat(page);
  const question = chat.question.getByRole('textbox');
  await chat.question.getByRole('button', { name: 'Edit' }).click();
  await expect(question).toHaveValue('Frist');
  await chat.question.getByRole('link', { name: 'Cancel' }).click();
  await expect(question).toHaveCount(0);
  await chat.question.getByRole('button', { name: 'Edit' }).click();
  await question.fill('First');
  await chat.question.getByRole('button', { name: 'Send again' }).click();
  await complete(page);
  await expect(chat.prose).toHaveText('First');
  await expect(chat.question.getByRole('group', { name: 'Version 2 of 2' })).toBeVisible();
});

test('a message that is refused stands in its form again, and goes when it is right', async ({ page, person }) => {
  await signIn(page, person);
  const chat = new Chat(page);
  // More than a browser lets anybody type.
  const write = (area: Locator, text: string) => area.evaluate((area: HTMLTextAreaElement, text) => { area.value = text; }, text);
  const long = `Too long, <b>and</b> “quoted” 聊。\n${'x'.repeat(100_001)}`;
  await write(chat.composer, long);
  await chat.send.click();
  await expect(page.getByRole('alert')).toContainText('Not sent.');
  await expect(chat.composer).toHaveValue(long);
  await chat.choose('fake/echo@0');
  await chat.composer.fill('Short.');
  await chat.send.click();
  await complete(page);
  await expect(chat.composer).toHaveValue('');
  await chat.question.getByRole('button', { name: 'Edit' }).click();
  await write(chat.question.getByRole('textbox'), long);
  await chat.question.getByRole('button', { name: 'Send again' }).click();
  await expect(page.getByRole('alert')).toContainText('Not sent.');
  await expect(chat.question.getByRole('textbox'), 'in the question that was edited').toHaveValue(long);
  await expect(chat.composer, 'and not in the other form').toHaveValue('');
  await chat.question.getByRole('textbox').fill('Shorter.');
  await chat.question.getByRole('button', { name: 'Send again' }).click();
  await complete(page);
  await expect(chat.prose).toHaveText('Shorter.');
});

test('the messages before those of the page are a link away', async ({ page, person, server }) => {
  let id = '';
  for (let i = 1; i <= 27; i++) id = await converse(server.url, person, `Message ${i}.`, 'fake/echo@0', id || undefined);
  await signIn(page, person);
  await page.goto(`/chat/${id}`);
  const chat = new Chat(page);
  await expect(chat.question).toContainText('Message 27.');
  await expect(chat.questions.filter({ hasText: 'Message 1.' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Earlier messages' }).click();
  await expect(chat.questions.first()).toContainText('Message 1.');
  await expect(chat.questions.filter({ hasText: 'Message 27.' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Jump to latest' }).click();
  await expect(chat.question).toContainText('Message 27.');
});

test('a provider is tested', async ({ page, admin }) => {
  await signIn(page, admin);
  await page.goto('/admin/providers');
  const fake = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'fake', exact: true }) });
  await fake.getByRole('button', { name: 'Test connection' }).click();
  await expect(fake).toContainText(/Answered in \d+ ms/);
});

test('a chat is renamed and deleted', async ({ page, person }) => {
  await signIn(page, person);
  await send(page, 'Tides and the moon', 'fake/echo');
  await complete(page);
  await page.getByRole('button', { name: 'Chat menu' }).click();
  await page.getByLabel('Title').fill('About tides');
  await page.getByRole('button', { name: 'Rename' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('About tides');
  await expect(page.getByRole('navigation', { name: 'Chats' }).getByRole('link', { name: 'About tides' })).toBeVisible();
  await page.getByRole('button', { name: 'Chat menu' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('heading', { name: /What is on your mind/ })).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Chats' }).getByRole('link')).toHaveCount(0);
});

test('language and theme are switched, and kept', async ({ page, person }) => {
  await page.goto('/login');
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await expect(page.getByRole('heading', { name: '欢迎回来' })).toBeVisible();
  await page.getByRole('button', { name: '深色' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await signIn(page, person);
  await expect(page.getByRole('heading', { name: 'Mei，想聊点什么？' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('button', { name: /账号与设置/ }).click();
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.getByRole('heading', { name: 'What is on your mind, Mei?' })).toBeVisible();
});

test('nothing is shown that only a script could do', async ({ page, person }) => {
  await signIn(page, person);
  await send(page, 'Hello', 'fake/echo');
  await complete(page);
  for (const name of ['Copy', 'Jump to latest']) {
    await expect(page.getByRole('button', { name }), name).toHaveCount(0);
  }
});

test('signing out ends the session', async ({ page, person }) => {
  await signIn(page, person);
  await page.getByRole('button', { name: /Account and settings/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/login$/);
  await page.goto('/');
  await expect(page).toHaveURL(/\/login/);
});
