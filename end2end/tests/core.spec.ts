// The core path in a browser with scripts: from the first account to sign-out.
import { Chat, sequence } from '../fixtures/chat';
import { PASSWORD, converse, freshEmail } from '../fixtures/api';
import { expect, test } from '../fixtures/test';

test('the first account is the administrator and lands in an empty chat', async ({ page, ownServer }) => {
  await page.goto(`${ownServer.url}/`);
  await expect(page).toHaveURL(/\/welcome/);
  await page.getByLabel('E-mail').fill(freshEmail());
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Begin' }).click();
  await expect(page.getByRole('heading', { name: 'What is on your mind, Ada?' })).toBeVisible();
  await page.getByRole('button', { name: /Account and settings/ }).click();
  await expect(page.getByRole('link', { name: 'Model providers' })).toBeVisible();
  await expect(page.getByRole('button', { name: /Ada/ })).toContainText('Administrator');
});

test('an answer in Markdown shows its heading, code, table and mathematics', async ({ chat }) => {
  await chat.hear('Show me everything', 'fake/markdown@0');
  const { answer } = chat;
  await expect(answer.getByRole('heading', { name: 'A tour of Markdown' })).toBeVisible();
  const code = answer.locator('figure', { hasText: 'fibonacci' });
  expect(await code.locator('code span').count()).toBeGreaterThan(5);
  await expect(answer.getByRole('table').getByRole('cell', { name: 'PostgreSQL' })).toBeVisible();
  await expect(answer.locator('math mfrac')).toHaveCount(1);
  await expect(answer.locator('math[display=block]')).toBeVisible();
  expect(await answer.locator('script').count()).toBe(0);
  await expect(answer).toContainText('床前明月光');
});

test.describe('with a clipboard', () => {
  test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

  test('the copy button of a code block copies the code', async ({ chat }) => {
    await chat.hear('Show me everything', 'fake/markdown@0');
    const code = chat.answer.locator('figure', { hasText: 'fibonacci' });
    await code.getByRole('button').click();
    await expect.poll(() => chat.page.evaluate(() => navigator.clipboard.readText())).toContain('fn fibonacci(n: u64) -> u64 {');
  });
});

test('an answer goes on while the page is reloaded, and every word is there once', async ({ chat }) => {
  await chat.ask('Count', 'fake/words-400@80');
  for (const seen of ['w20', 'w90', 'w200']) {
    await expect(chat.prose).toContainText(new RegExp(`\\b${seen}\\b`));
    await chat.page.reload();
  }
  await chat.finished();
  expect(await chat.words()).toEqual(sequence(400));
  await chat.page.reload();
  expect(await chat.words()).toEqual(sequence(400));
});

test('a second tab follows the same answer to the same end', async ({ chat, context }) => {
  await chat.ask('Count', 'fake/words-200@80');
  await expect(chat.prose).toContainText('w20');
  const second = new Chat(await context.newPage());
  await second.page.goto(chat.page.url());
  await Promise.all([chat.finished(), second.finished()]);
  expect(await chat.words()).toEqual(sequence(200));
  expect(await second.words()).toEqual(sequence(200));
});

test('stop keeps the text, and continue writes the rest', async ({ chat }) => {
  await chat.ask('Count', 'fake/words-300@100');
  await expect(chat.prose).toContainText('w30');
  await chat.stop.click();
  await expect(chat.answer).toContainText('Stopped.');
  const kept = await chat.words();
  expect(kept.length).toBeLessThan(300);
  expect(kept).toEqual(sequence(kept.length));
  await chat.page.reload();
  expect(await chat.words()).toEqual(kept);
  await expect(chat.answer).toContainText('Stopped.');
  await chat.alive();
  await chat.answer.getByRole('button', { name: 'Continue' }).click();
  await expect(chat.answer).not.toContainText('Stopped.');
  await chat.finished();
  expect(await chat.words()).toEqual(sequence(300));
});

test('an answer that the length limit cut off says so, and continue writes the rest', async ({ chat }) => {
  await chat.hear('Count', 'fake/cut-20@0');
  expect(await chat.words()).toEqual(sequence(20));
  const notice = chat.answer.getByText("The answer reached the model's length limit and was cut off.");
  await expect(notice).toBeVisible();
  await chat.page.reload();
  await chat.alive();
  await expect(notice).toBeVisible();
  await chat.answer.getByRole('button', { name: 'Continue' }).click();
  await expect(chat.prose).toContainText('w40');
  await chat.finished();
  await expect(notice).toHaveCount(0);
  expect(await chat.words()).toEqual(sequence(40));
});

test('a chat keeps its model though no list has it', async ({ chat, person, server }) => {
  const id = await converse(server.url, person, 'Count', 'fake/words-7@0');
  await chat.open(`/chat/${id}`);
  await expect(chat.picker).toHaveValue('fake/words-7@0');
  await chat.hear('Again');
  expect(await chat.words()).toEqual(sequence(7));
});

test('answering again makes a second version, and the switcher shows the first', async ({ chat }) => {
  await chat.hear('Count', 'fake/words-100@0');
  await chat.choose('fake/echo');
  await chat.answer.getByRole('button', { name: 'Answer again' }).click();
  await expect(chat.answer.getByRole('group', { name: 'Version 2 of 2' })).toBeVisible();
  await chat.finished();
  await expect(chat.prose).toHaveText('Count');
  await chat.answer.getByRole('button', { name: 'Previous version' }).click();
  await expect(chat.answer.getByRole('group', { name: 'Version 1 of 2' })).toBeVisible();
  expect(await chat.words()).toEqual(sequence(100));
  await chat.page.reload();
  expect(await chat.words()).toEqual(sequence(100));
  await chat.alive();
  await chat.answer.getByRole('button', { name: 'Next version' }).click();
  await expect(chat.prose).toHaveText('Count');
});

test('an edited question is a branch beside the old one', async ({ chat }) => {
  await chat.hear('First wording', 'fake/echo');
  await chat.hear('A later question');
  await chat.questions.first().hover();
  await chat.questions.first().getByRole('button', { name: 'Edit' }).click();
  const editor = chat.questions.first().getByRole('textbox');
  await expect(editor).toHaveValue('First wording');
  await editor.fill('Second wording');
  await chat.questions.first().getByRole('button', { name: 'Send again' }).click();
  await expect(chat.answers).toHaveCount(1);
  await expect(chat.prose).toHaveText('Second wording');
  await chat.finished();
  await expect(chat.question.getByRole('group', { name: 'Version 2 of 2' })).toBeVisible();
  await chat.question.getByRole('button', { name: 'Previous version' }).click();
  await expect(chat.answers).toHaveCount(2);
  await expect(chat.answers.first()).toContainText('First wording');
  await expect(chat.prose).toHaveText('A later question');
});

test('a chat is renamed and deleted in the list, and the deletion is undone', async ({ chat }) => {
  const { page } = chat;
  await chat.hear('Tides and the moon', 'fake/echo');
  const list = page.getByRole('navigation', { name: 'Chats' });
  await expect(list.getByRole('link', { name: 'Tides and the moon' })).toBeVisible();
  await list.getByRole('listitem').first().hover();
  await list.getByRole('button', { name: 'Rename' }).click();
  await list.getByRole('textbox', { name: 'Title' }).fill('About tides');
  await list.getByRole('textbox', { name: 'Title' }).press('Enter');
  await expect(list.getByRole('link', { name: 'About tides' })).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('About tides');
  await list.getByRole('listitem').first().hover();
  await list.getByRole('button', { name: 'Delete' }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(list.getByRole('link')).toHaveCount(0);
  await chat.toast.getByRole('button', { name: 'Undo' }).click();
  await list.getByRole('link', { name: 'About tides' }).click();
  await expect(chat.prose).toHaveText('Tides and the moon');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('About tides');
});

test('a draft survives a reload, and Shift+Enter breaks the line', async ({ chat }) => {
  await chat.composer.pressSequentially('one');
  await chat.composer.press('Shift+Enter');
  await chat.composer.pressSequentially('two');
  await chat.page.reload();
  await expect(chat.composer).toHaveValue('one\ntwo');
  await chat.alive();
  await chat.choose('fake/echo');
  await chat.composer.press('Enter');
  await expect(chat.question).toContainText('one\ntwo');
  await chat.finished();
  await chat.page.reload();
  await chat.alive();
  await expect(chat.composer).toHaveValue('');
});

test('reasoning is folded away until it is opened', async ({ chat }) => {
  await chat.hear('Think', 'fake/reasoning@0');
  const thought = chat.answer.getByText('Now the answer can be short.');
  await expect(thought).toBeHidden();
  await chat.answer.locator('summary').click();
  await expect(thought).toBeVisible();
  await chat.page.reload();
  await expect(thought).toBeHidden();
  await expect(chat.prose).toContainText('After some thought: yes.');
});

test('signing out ends the session', async ({ chat }) => {
  const { page } = chat;
  await page.getByRole('button', { name: /Account and settings/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/login$/);
  await page.goto('/');
  await expect(page).toHaveURL(/\/login/);
  await page.goBack();
  await expect(page.getByRole('heading', { name: /Welcome back|Create your account/ })).toBeVisible();
});
