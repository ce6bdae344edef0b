// How models are asked: a chat's settings, prompts after a slash, assistants; with and without scripts.
import { expect, signIn, test } from '../fixtures/test';
import { Chat } from '../fixtures/chat';

test('a new chat keeps its settings, and they can be changed', async ({ chat }) => {
  const { page } = chat;
  await page.getByRole('button', { name: 'Settings of this chat' }).click();
  await page.getByLabel('System prompt').fill('Answer in one sentence.');
  await page.getByLabel('Temperature').fill('0.5');
  await page.keyboard.press('Escape');
  await chat.hear('Hello', 'fake/echo@0');
  await chat.open(page.url());
  await page.getByRole('button', { name: 'Settings of this chat' }).click();
  await expect(page.getByLabel('System prompt')).toHaveValue('Answer in one sentence.');
  await page.getByLabel('Temperature').fill('');
  await page.getByLabel('Reasoning').selectOption('High');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(chat.toast).toContainText('Saved.');
  await chat.open(page.url());
  await page.getByRole('button', { name: 'Settings of this chat' }).click();
  await expect(page.getByLabel('Temperature')).toHaveValue('');
  await expect(page.getByLabel('Reasoning')).toHaveValue('high');
});

test('a setting that cannot be is told at its field, and the message is not lost', async ({ chat, clean }) => {
  clean.allow(/422/);
  const { page } = chat;
  const settings = page.getByRole('button', { name: 'Settings of this chat' });
  await settings.click();
  await page.getByLabel('Temperature').fill('9');
  await page.keyboard.press('Escape');
  await expect(page.getByLabel('Temperature')).toBeHidden();
  await chat.composer.fill('Hello');
  await chat.composer.press('Enter');
  // The browser says so itself; for that, the field has to be in view.
  await expect(page.getByLabel('Temperature')).toBeVisible();
  await expect(chat.composer).toHaveValue('Hello');
  await page.getByLabel('Temperature').fill('');
  await page.getByLabel('Stop sequences').fill('a\nb\nc\nd\ne');
  await page.keyboard.press('Escape');
  await chat.composer.press('Enter');
  await expect(page.getByRole('alert')).toContainText('At most 4 lines');
  await expect(page.locator('#stop-note')).toBeVisible();
  await expect(page.locator('#stop-note')).toHaveText(/At most 4 lines/);
  await expect(chat.composer).toHaveValue('Hello');
});

test('a prompt that is refused keeps what was typed', async ({ chat, clean }) => {
  clean.allow(/422/);
  const { page } = chat;
  for (const text of ['One', 'Another']) {
    await chat.open('/settings/prompts?add=1');
    await page.getByLabel('Title').fill(text);
    await page.getByLabel('Command').fill('same');
    await page.getByLabel('Text').fill(`${text} text`);
    await page.getByRole('button', { name: 'Save' }).click();
    if (text === 'One') await expect(page.getByRole('heading', { name: text })).toBeVisible();
  }
  await expect(page.locator('#command-error')).toBeVisible();
  await expect(page.getByLabel('Text')).toHaveValue('Another text');
  await page.getByLabel('Command').fill('other');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Another' })).toBeVisible();
  await page.getByRole('listitem').filter({ hasText: '/other' }).getByRole('link', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(chat.toast).toContainText('Deleted.');
  await expect(page.getByRole('heading', { name: 'Another' })).toBeHidden();
});

test('who keeps no prompts is told so after a slash, and the slash can be sent', async ({ chat }) => {
  const { page } = chat;
  await chat.composer.pressSequentially('/hm');
  await expect(page.getByText('You have no prompts yet.')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Add a prompt' })).toHaveAttribute('href', '/settings/prompts?add=1');
  await chat.hear('/hm', 'fake/echo@0');
  await expect(chat.prose).toHaveText('/hm');
});

test('a prompt is kept, found after a slash, and filled in', async ({ chat }) => {
  const { page } = chat;
  await chat.open('/settings/prompts?add=1');
  await page.getByLabel('Title').fill('Sum up');
  await page.getByLabel('Command').fill('sum');
  await page.getByLabel('Text').fill('In {{n|three}} sentences: {{text:lines}}');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Sum up' })).toBeVisible();
  await chat.open('/');
  await chat.composer.pressSequentially('/s');
  await expect(page.getByRole('option', { name: '/sum Sum up' })).toHaveAttribute('aria-selected', 'true');
  await chat.composer.press('Enter');
  await page.getByLabel('text').fill('Water\nflows.');
  await page.getByRole('button', { name: 'Insert' }).click();
  await expect(chat.composer).toHaveValue('In three sentences: Water\nflows.');
});

test('an assistant greets, answers with its model, and is remembered', async ({ chat }) => {
  const { page } = chat;
  await chat.open('/settings/assistants?add=1');
  await page.getByLabel('Name').fill('Gardener');
  await page.getByLabel('Icon').fill('🌱');
  await page.getByLabel('Model').selectOption({ label: 'echo · fake' });
  await page.getByLabel('System prompt').fill('You garden.');
  await page.getByLabel('Greeting').fill('What grows?');
  await page.getByLabel('Questions to begin with').fill('Tomatoes?\nRoses?');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Gardener' })).toBeVisible();
  await chat.open('/');
  await page.getByRole('link', { name: 'Gardener' }).click();
  await expect(page.getByText('What grows?')).toBeVisible();
  await page.getByRole('button', { name: 'Roses?' }).click();
  await chat.finished();
  await expect(chat.prose).toHaveText('Roses?');
  await chat.open(page.url());
  await expect(page.getByRole('img', { name: 'Gardener' })).toBeVisible();
  await page.getByRole('button', { name: 'Settings of this chat' }).click();
  await expect(page.getByLabel('System prompt')).toHaveValue('You garden.');
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ clean }) => clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/));

  test('settings, prompts and assistants are plain forms', async ({ page, person }) => {
    await signIn(page, person);
    await page.goto('/settings/prompts?add=1');
    await page.getByLabel('Title').fill('Translate');
    await page.getByLabel('Command').fill('to');
    await page.getByLabel('Text').fill('Translate into {{language|Chinese}}: {{text}}');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'Use' }).click();
    await page.getByLabel('text').fill('Good morning');
    await page.getByRole('button', { name: 'Insert' }).click();
    const chat = new Chat(page);
    await expect(chat.composer).toHaveValue('Translate into Chinese: Good morning');
    await page.getByRole('button', { name: 'Settings of this chat' }).click();
    await page.getByLabel('System prompt').fill('You translate.');
    await page.keyboard.press('Escape');
    await chat.choose('fake/echo@0');
    await chat.send.click();
    await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}$/);
    await page.getByRole('button', { name: 'Settings of this chat' }).click();
    await expect(page.getByLabel('System prompt')).toHaveValue('You translate.');
    await page.getByLabel('Top P').fill('0.5');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Settings of this chat' }).click();
    await expect(page.getByLabel('Top P')).toHaveValue('0.5');
  });
});
