// Administrators bring their own models, test them, and switch them off; keys are never shown.
import type { Locator, Page } from '@playwright/test';
import { register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { type Upstream, upstream } from '../fixtures/provider';
import { expect, signIn, test as base } from '../fixtures/test';

const RIGHT = 'sk-right-7f3a91';
const WRONG = 'sk-wrong-c04d55';

const test = base.extend<{ remote: Upstream; providers: Page }>({
  remote: async ({}, use) => {
    const remote = await upstream(RIGHT);
    await use(remote);
    await remote.close();
  },
  // The administrator on the providers' page of a server of this test alone.
  providers: async ({ page, ownServer }, use) => {
    await signIn(page, await register(ownServer.url, 'Ada'), ownServer.url);
    await new Chat(page).open(`${ownServer.url}/admin/providers`);
    await use(page);
  },
});

function row(page: Page, slug: string): Locator {
  return page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: slug, exact: true }) });
}

async function add(page: Page, slug: string, url: string, key: string): Promise<void> {
  await page.getByRole('link', { name: 'Add a provider' }).click();
  await page.getByLabel('Short name').fill(slug);
  await page.getByLabel('Kind').selectOption({ label: 'OpenAI-compatible' });
  // What only the server can bring is not offered.
  await expect(page.getByLabel('Kind').getByRole('option')).toHaveText(['OpenAI-compatible', 'Anthropic', 'Google Gemini', 'Ollama']);
  await page.getByLabel('Base URL').fill(url);
  await page.getByLabel('API key').fill(key);
  // A server of this machine: that has to be meant.
  await page.getByLabel(/in a private network/).check();
  await page.getByRole('button', { name: 'Save' }).first().click();
  await expect(row(page, slug)).toBeVisible();
}

async function hidden(page: Page, key: string): Promise<void> {
  expect(await page.content()).not.toContain(key);
  expect(await (await page.request.get(page.url())).text()).not.toContain(key);
}

test('a provider is added, tested, used, and switched off', async ({ providers: page, remote, ownServer }) => {
  await add(page, 'lab', remote.url, RIGHT);
  await expect(row(page, 'lab')).toContainText('Key stored');
  await expect(row(page, 'local').getByText('Base URL')).toHaveCount(0);
  await hidden(page, RIGHT);
  await row(page, 'lab').getByRole('button', { name: 'Test connection' }).click();
  await expect(row(page, 'lab')).toContainText(/Answered in \d+ ms/);
  await expect(row(page, 'lab')).toContainText('Good morning from the test.');
  await expect(row(page, 'lab')).toContainText('test-large');
  const chat = new Chat(page);
  await page.getByRole('link', { name: /New chat/ }).click();
  await expect(chat.picker.getByRole('option', { name: 'test-large' })).toBeAttached();
  await chat.picker.selectOption('lab/test-large');
  await chat.hear('Good morning');
  await expect(chat.prose).toHaveText('Good morning from the test.');
  expect(remote.keys.every((key) => key === `Bearer ${RIGHT}`)).toBe(true);
  await chat.open(`${ownServer.url}/admin/providers`);
  await row(page, 'lab').getByRole('switch').click();
  await expect(row(page, 'lab').getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await page.getByRole('link', { name: /New chat/ }).click();
  await expect(chat.picker.getByRole('option', { name: 'echo' })).toBeAttached();
  await expect(chat.picker.getByRole('option', { name: 'test-large' })).toHaveCount(0);
});

test('a wrong key shows what the provider really says, and a new key repairs it', async ({ providers: page, remote }) => {
  await add(page, 'lab', remote.url, WRONG);
  await row(page, 'lab').getByRole('button', { name: 'Test connection' }).click();
  await expect(row(page, 'lab')).toContainText(/Failed after \d+ ms/);
  await expect(row(page, 'lab')).toContainText('Incorrect API key provided');
  await hidden(page, WRONG);
  await row(page, 'lab').getByRole('link', { name: 'Edit' }).click();
  await expect(page.getByLabel('API key')).toHaveValue('');
  await hidden(page, WRONG);
  await page.getByLabel('API key').fill(RIGHT);
  await page.getByRole('button', { name: 'Save' }).first().click();
  await expect(page.getByRole('heading', { name: 'Edit lab' })).toHaveCount(0);
  await row(page, 'lab').getByRole('button', { name: 'Test connection' }).click();
  await expect(row(page, 'lab')).toContainText('Good morning from the test.');
});

test('a server that is not there is said to be so', async ({ providers: page }) => {
  await add(page, 'nowhere', 'http://127.0.0.1:9/v1', '');
  await row(page, 'nowhere').getByRole('button', { name: 'Test connection' }).click();
  await expect(row(page, 'nowhere')).toContainText(/Failed after \d+ ms/);
});

test('what is wrong with a provider stands under its fields, and what was typed stays', async ({ providers: page, clean }) => {
  clean.allow(/422/);
  await page.getByRole('link', { name: 'Add a provider' }).click();
  await page.locator('form:has(input[name=slug])').evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await page.getByLabel('Short name').fill('not a slug!');
  await page.getByLabel('Base URL').fill('ftp://nowhere');
  await page.getByRole('button', { name: 'Save' }).first().click();
  await expect(page.getByLabel('Base URL')).toHaveAccessibleDescription(/A URL that starts with http/);
  await expect(page.getByLabel('Short name')).toHaveValue('not a slug!');
  await page.getByLabel('Base URL').fill('http://127.0.0.1:9/v1');
  await page.getByRole('button', { name: 'Save' }).first().click();
  await expect(page.getByLabel('Short name')).toHaveAccessibleDescription(/Letters, digits/);
  await page.getByLabel('Short name').fill('near');
  await page.getByRole('button', { name: 'Save' }).first().click();
  await expect(page.getByLabel('Base URL')).toHaveAccessibleDescription(/in a private network/);
  await expect(page.getByLabel('Short name')).toHaveValue('near');
});

test('a deleted provider is asked about first, and gone', async ({ providers: page, remote }) => {
  await add(page, 'lab', remote.url, RIGHT);
  await row(page, 'lab').getByRole('link', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete lab?' });
  await dialog.getByRole('link', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(row(page, 'lab')).toBeVisible();
  await row(page, 'lab').getByRole('link', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(row(page, 'lab')).toHaveCount(0);
});

test('members see no administration, not even by its address', async ({ chat, clean }) => {
  clean.allow(/403/);
  await chat.page.getByRole('button', { name: /Account and settings/ }).click();
  await expect(chat.page.getByRole('link', { name: 'Model providers' })).toHaveCount(0);
  const answer = await chat.page.goto('/admin/providers');
  expect(answer?.status()).toBe(403);
  await expect(chat.page.getByText('You are not allowed to do this.')).toBeVisible();
  await expect(chat.page.getByRole('button', { name: 'Test connection' })).toHaveCount(0);
});

test('a known vendor needs only its key', async ({ providers: page }) => {
  await page.getByRole('link', { name: 'Add a provider' }).click();
  await page.getByRole('link', { name: 'DeepSeek' }).click();
  await expect(page.getByLabel('Short name')).toHaveValue('deepseek');
  await expect(page.getByLabel('Base URL')).toHaveValue('https://api.deepseek.com/v1');
  await page.getByRole('link', { name: 'Anthropic' }).click();
  await expect(page.getByLabel('Kind')).toHaveValue('anthropic');
  await expect(page.getByLabel('Base URL')).toHaveValue('');
});

test('a second key takes its turn, and another model is asked where one cannot answer', async ({ providers: page, remote, ownServer }) => {
  await add(page, 'lab', remote.url, WRONG);
  await row(page, 'lab').getByRole('link', { name: 'Keys' }).click();
  await page.getByLabel('Name', { exact: true }).fill('spare');
  await page.locator('form:has(input[name=label])').getByLabel('API key').fill(RIGHT);
  await page.getByRole('button', { name: 'Add a key' }).click();
  await expect(page.getByRole('button', { name: 'Delete the key spare' })).toBeVisible();
  await hidden(page, RIGHT);
  await page.getByLabel('Model', { exact: true }).fill('fake/*');
  await page.getByLabel('Asked instead').fill('lab/test-large');
  await page.locator('#fallbacks').getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('#fallbacks')).toContainText('fake/* → lab/test-large');
  const chat = new Chat(page);
  await chat.open(ownServer.url);
  await chat.ask('Hello', 'fake/fail-auth');
  await chat.finished();
  await expect(chat.prose).toHaveText('Good morning from the test.');
  await expect(chat.answer).toContainText('The chosen model could not answer; lab/test-large was asked instead.');
  await page.reload();
  await expect(chat.answer).toContainText('lab/test-large was asked instead.');
  await expect(chat.answer.locator('.model')).toContainText('lab/test-large');
  await chat.open(`${ownServer.url}/admin/providers`);
  await expect(row(page, 'lab')).toContainText('default: not accepted');
  await row(page, 'lab').getByRole('button', { name: 'Use it again' }).click();
  await expect(row(page, 'lab')).not.toContainText('not accepted');
});
