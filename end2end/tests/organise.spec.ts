// Conversations in order: pinned, archived, in folders, tagged, copied, many at a time; with and without scripts.
import AxeBuilder from '../fixtures/axe';
import { expect, signIn, test } from '../fixtures/test';
import { Chat } from '../fixtures/chat';

/** The row of a conversation in the list beside the page. */
function row(chat: Chat, title: string) {
  return chat.page.locator('.sidebar .chat-row').filter({ hasText: title });
}

async function place(chat: Chat, title: string): Promise<void> {
  await row(chat, title).hover();
  await row(chat, title).getByRole('link', { name: /Pin, archive/ }).click();
  await expect(chat.page.getByRole('heading', { name: 'Where this chat stands' })).toBeVisible();
}

test.describe('on a desk', () => {
  test.skip(({ isMobile }) => isMobile, 'the list is beside the page');

  test('a chat is pinned above the others, tagged, and put away', async ({ chat }) => {
    const { page } = chat;
    await chat.hear('First tides', 'fake/echo@0');
    await chat.open('/');
    await chat.hear('Second winds', 'fake/echo@0');
    await place(chat, 'First tides');
    await page.getByLabel('Pin it above the others').check();
    await page.getByRole('textbox', { name: 'Tags' }).fill('sea, 潮汐');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page).toHaveURL(/\/chat\//);
    const pinned = page.locator('.sidebar section').filter({ has: page.getByRole('heading', { name: 'Pinned' }) });
    await expect(pinned.locator('.chat-row')).toHaveText(/First tides/);
    await chat.open('/chats?tag=%E6%BD%AE%E6%B1%90');
    await expect(page.locator('.shelf-row')).toHaveCount(1);
    await expect(page.locator('.shelf-row')).toContainText('#潮汐');
    await place(chat, 'Second winds');
    await page.getByLabel('Archive it').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(row(chat, 'Second winds')).toHaveCount(0);
    await chat.open('/chats/archived');
    await expect(page.locator('.shelf-row')).toContainText('Second winds');
  });

  test('a new chat in a folder begins with what the folder says', async ({ chat }) => {
    const { page } = chat;
    await chat.open('/chats/folders?add=1');
    await page.getByLabel('Name').fill('Garden');
    await page.getByLabel('System prompt').fill('Answer for a cold place.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.side-folders').getByRole('link', { name: 'Garden' }).click();
    await page.getByRole('link', { name: 'New chat here' }).click();
    await expect(page.locator('.greeting-folder')).toContainText('Garden');
    await chat.hear('Peas', 'fake/echo@0');
    await page.getByRole('button', { name: 'Settings of this chat' }).click();
    await chat.open(page.url());
    await page.getByRole('button', { name: 'Settings of this chat' }).click();
    await expect(page.getByLabel('System prompt')).toHaveValue('Answer for a cold place.');
    await page.keyboard.press('Escape');
    await page.locator('.side-folders').getByRole('link', { name: 'Garden' }).click();
    await expect(page.locator('.shelf-row')).toContainText('Peas');
    // A folder in it, and its end: what is in it stays.
    await chat.open('/chats/folders');
    await page.locator('.shelf-row').getByRole('link', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await expect(page.getByText('No folders yet.')).toBeVisible();
    await chat.open('/chats');
    await expect(page.locator('.shelf-row')).toContainText('Peas');
  });

  test('many are chosen by keys and changed at once', async ({ chat }) => {
    const { page } = chat;
    for (const text of ['Alpha', 'Beta', 'Gamma']) {
      await chat.open('/');
      await chat.hear(text, 'fake/echo@0');
    }
    await chat.open('/chats');
    await page.locator('.shelf-row a[data-open]').first().focus();
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await expect(page.getByText('2 chosen')).toBeVisible();
    await page.getByLabel('With the chosen ones').last().selectOption('tag');
    await page.getByLabel('Tag to add or take away').fill('greek');
    await page.getByRole('button', { name: 'Apply' }).click();
    await expect(chat.toast).toContainText('2 chats changed.');
    await expect(page.locator('.shelf-row').filter({ hasText: '#greek' })).toHaveCount(2);
    await page.getByLabel('Choose all').check();
    await page.getByLabel('With the chosen ones').last().selectOption('archive');
    await page.getByRole('button', { name: 'Apply' }).click();
    await expect(page.getByText('No chats here.')).toBeVisible();
  });

  test('a copy is a chat of its own', async ({ chat }) => {
    const { page } = chat;
    await chat.hear('Original words', 'fake/echo@0');
    const first = page.url();
    await place(chat, 'Original words');
    await page.getByRole('button', { name: 'Duplicate' }).click();
    await expect(page.getByRole('heading', { name: 'Original words (2)' })).toBeVisible();
    await expect(chat.prose).toHaveText('Original words');
    expect(page.url()).not.toBe(first);
  });
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ clean }) => clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/));

  test('everything is a form', async ({ page, person }) => {
    await signIn(page, person);
    await page.goto('/chats/folders?add=1');
    await page.getByLabel('Name').fill('Garden');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'New chat here' }).click();
    await page.getByRole('textbox', { name: 'Your message' }).fill('Peas');
    await page.getByRole('combobox', { name: 'Model' }).selectOption({ index: 0 });
    await page.getByRole('button', { name: 'Send' }).click();
    await expect(page).toHaveURL(/\/chat\//);
    const id = page.url().split('/').pop();
    await page.goto(`/chats/edit/${id}`);
    await page.getByRole('textbox', { name: 'Tags' }).fill('spring');
    await page.getByLabel('Pin it above the others').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page).toHaveURL(`/chat/${id}`);
    await page.goto('/chats?tag=spring');
    await expect(page.locator('.shelf-row')).toContainText('Garden');
    await page.locator('.shelf-row input[type=checkbox]').check();
    await page.getByRole('combobox', { name: 'With the chosen ones' }).selectOption('archive');
    await page.getByRole('button', { name: 'Apply' }).click();
    await expect(page.getByText('No chats here.')).toBeVisible();
    await page.goto('/chats/archived');
    await expect(page.locator('.shelf-row')).toHaveCount(1);
  });
});

for (const [lang, title] of [['en', 'All chats'], ['zh-CN', '全部对话']] as const) {
  test(`the pages are sound in ${lang}`, async ({ page, chat, server }) => {
    await chat.hear('One', 'fake/echo@0');
    await page.context().addCookies([{ name: 'lang', value: lang, url: server.url }]);
    for (const path of ['/chats', '/chats/archived', '/chats/folders', '/chats/folders?add=1', `/chats/edit/${page.url().split('/').pop()}`]) {
      await chat.open(path);
      const found = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
      expect(found.violations.map((one) => `${path}: ${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    }
    await chat.open('/chats');
    await expect(page.getByRole('heading', { name: title })).toBeVisible();
  });
}

test('an answer can be gone on from in a new chat', async ({ chat }) => {
  const { page } = chat;
  await chat.hear('Root of it', 'fake/echo@0');
  const first = page.url();
  await chat.hear('Later words', 'fake/echo@0');
  await chat.answers.first().hover();
  await chat.answers.first().getByRole('button', { name: 'Go on from here in a new chat' }).click();
  await expect(page).not.toHaveURL(first);
  await expect(chat.answers).toHaveCount(1);
  await expect(page.getByText('Later words')).toBeHidden();
});
