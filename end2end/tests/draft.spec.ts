// Nothing that is typed is lost: not when it cannot be sent, and not while something else is on its way.
import { type Page } from '@playwright/test';
import { expect, test } from '../fixtures/test';

const SEND = '**/rpc/chat/send*';

/** Holds what is sent until `go` is called, which says whether it arrives. */
async function held(page: Page): Promise<(arrives: boolean) => void> {
  let go: (arrives: boolean) => void = () => {};
  const told = new Promise<boolean>((resolve) => (go = resolve));
  await page.route(SEND, async (route) => ((await told) ? route.continue() : route.abort('connectionreset')));
  return go;
}

test('an edit that cannot be sent keeps its editor and its text, and the draft in the composer stays', async ({ chat, clean }) => {
  clean.allow(/ERR_CONNECTION_RESET/);
  const { page } = chat;
  await chat.hear('First wording', 'fake/echo');
  await chat.composer.fill('a draft');
  await page.route(SEND, (route) => route.abort('connectionreset'));
  await chat.question.hover();
  await chat.question.getByRole('button', { name: 'Edit' }).click();
  const editor = chat.question.getByRole('textbox');
  await editor.fill('Second wording');
  await chat.question.getByRole('button', { name: 'Send again' }).click();
  await expect(page.getByRole('alert')).toContainText('The server cannot be reached.');
  await expect(editor).toHaveValue('Second wording');
  await expect(chat.composer).toHaveValue('a draft');
  await expect(chat.prose).toHaveText('First wording');
  await page.unroute(SEND);
  await chat.question.getByRole('button', { name: 'Send again' }).click();
  await expect(chat.prose).toHaveText('Second wording');
  await chat.finished();
  await expect(chat.question.getByRole('group', { name: 'Version 2 of 2' })).toBeVisible();
  await expect(chat.composer).toHaveValue('a draft');
});

test('what is given up in an editor is as it was', async ({ chat, clean }) => {
  clean.allow(/ERR_CONNECTION_RESET/);
  await chat.hear('First wording', 'fake/echo');
  await chat.page.route(SEND, (route) => route.abort('connectionreset'));
  await chat.question.hover();
  await chat.question.getByRole('button', { name: 'Edit' }).click();
  const editor = chat.question.getByRole('textbox');
  await editor.fill('Second wording');
  await editor.press('Enter');
  await expect(chat.page.getByRole('alert')).toBeVisible();
  await expect(editor).toHaveValue('Second wording');
  await editor.press('Escape');
  await expect(editor).toHaveCount(0);
  await chat.question.hover();
  await chat.question.getByRole('button', { name: 'Edit' }).click();
  await expect(editor).toHaveValue('First wording');
});

test('what is typed while the first message is on its way is in the composer of its chat', async ({ chat }) => {
  const { page } = chat;
  await chat.choose('fake/echo');
  const go = await held(page);
  await chat.composer.fill('The first');
  await chat.composer.press('Enter');
  await expect(chat.question).toContainText('The first');
  await chat.composer.pressSequentially('and while it goes');
  go(true);
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}$/);
  await chat.finished();
  await expect(chat.prose).toHaveText('The first');
  await expect(chat.composer).toHaveValue('and while it goes');
  await page.reload();
  await expect(chat.composer).toHaveValue('and while it goes');
  await chat.open('/');
  await expect(chat.composer).toHaveValue('');
});

test('a message that cannot be sent comes back in front of what was typed since', async ({ chat, clean }) => {
  clean.allow(/ERR_CONNECTION_RESET/);
  const go = await held(chat.page);
  await chat.composer.fill('The first');
  await chat.composer.press('Enter');
  await expect(chat.question).toContainText('The first');
  await chat.composer.pressSequentially('and more');
  go(false);
  await expect(chat.page.getByRole('alert')).toContainText('The server cannot be reached.');
  await expect(chat.composer).toHaveValue('The first\n\nand more');
  await expect(chat.questions).toHaveCount(0);
});

test('a message that fails after its page was left is a draft there', async ({ chat, clean }) => {
  clean.allow(/ERR_CONNECTION_RESET/);
  const { page } = chat;
  await chat.hear('Tides', 'fake/echo');
  const here = page.url();
  const go = await held(page);
  await chat.composer.fill('Do not lose this');
  await chat.composer.press('Enter');
  await expect(chat.questions).toHaveCount(2);
  await page.getByRole('link', { name: 'New chat' }).first().click();
  await expect(page).toHaveURL(/\/$/);
  go(false);
  await page.waitForTimeout(300);
  await page.goto(here);
  await expect(chat.composer).toHaveValue('Do not lose this');
});

test('a registration that is refused keeps address and name, not the password', async ({ page, server, admin }) => {
  await page.goto(`${server.url}/register`);
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Name').fill('Mei 鲍; "M"');
  await page.getByLabel('Password').fill('one calm river 42');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.locator('#email-error')).toBeVisible();
  await expect(page.getByLabel('E-mail')).toHaveValue(admin.email);
  await expect(page.getByLabel('Name')).toHaveValue('Mei 鲍; "M"');
  await expect(page.getByLabel('Password')).toHaveValue('');
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('a registration that is refused keeps address and name', async ({ page, server, admin }) => {
    await page.goto(`${server.url}/register`);
    await page.getByLabel('E-mail').fill(admin.email);
    await page.getByLabel('Name').fill('Mei');
    await page.getByLabel('Password').fill('one calm river 42');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.locator('#email-error')).toBeVisible();
    await expect(page.getByLabel('Name')).toHaveValue('Mei');
    await expect(page.getByLabel('Password')).toHaveValue('');
  });
});
