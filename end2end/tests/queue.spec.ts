// Messages that wait for an answer's end: seen, changed, asked by the server whoever looks; and what is written on another device.
import AxeBuilder from '../fixtures/axe';
import { Chat } from '../fixtures/chat';
import { expect, signIn, test } from '../fixtures/test';

test('messages wait above the composer, and are asked with the page closed', async ({ chat, context }) => {
  const { page } = chat;
  // So long that only being stopped ends it.
  await chat.ask('Count', 'fake/words-20000@50');
  for (const text of ['first', 'second', 'third']) {
    await chat.composer.fill(text);
    await chat.composer.press('Enter');
    await expect(chat.composer).toHaveValue('');
  }
  const list = page.getByRole('region', { name: 'Waiting messages' });
  const items = list.getByRole('listitem');
  await expect(items).toHaveCount(3);
  await items.nth(2).getByRole('button', { name: 'Send earlier' }).click();
  await expect(items.nth(1)).toContainText('third');
  await items.nth(0).getByText('first').first().click();
  await list.getByRole('textbox', { name: 'Edit this message' }).fill('the first');
  await list.getByRole('button', { name: 'Save' }).click();
  await expect(items.nth(0)).toContainText('the first');
  await items.nth(2).getByRole('button', { name: 'Remove' }).click();
  await expect(items).toHaveCount(2);
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations).toEqual([]);

  // Stopping says what happens next, and going on asks it.
  await chat.stop.click();
  await expect(list.getByRole('status')).toHaveText('Paused, because the answer was stopped.');
  await list.getByRole('button', { name: 'Go on' }).click();
  await expect(chat.questions.nth(1)).toContainText('the first');
  await chat.stop.click();
  await expect(list.getByRole('status')).toContainText('Paused');
  await list.getByRole('button', { name: 'Send now' }).click();
  await expect(chat.questions).toHaveCount(3);
  await chat.stop.click();
  await expect(list).toHaveCount(0);

  // One waits; nobody looks; it is asked.
  await chat.ask('Count a little', 'fake/words-80@20');
  await chat.composer.fill('the last');
  await chat.composer.press('Enter');
  await expect(items).toHaveCount(1);
  const address = page.url();
  await page.close();
  const waiting = async () => (await (await context.request.get(`/api/llm/sessions/${address.split('/').pop()}/queue/`)).json()).items.length;
  await expect.poll(waiting, { timeout: 30_000 }).toBe(0);
  const again = new Chat(await context.newPage());
  await again.open(address);
  await expect(again.questions).toHaveCount(5);
  await expect(again.question).toContainText('the last');
});

test('a draft is on the other device, and is not written over what is typed there', async ({ chat, person, browser, server, clean }) => {
  await chat.hear('Hello', 'fake/echo@0');
  const kept = () => chat.page.waitForResponse((answer) => answer.url().endsWith('/draft/') && answer.request().method() === 'PUT');
  const first = kept();
  await chat.composer.pressSequentially('half a sentence');
  await first;
  const other = await browser.newContext();
  clean.watch(other);
  const there = new Chat(await other.newPage());
  await signIn(there.page, person, server.url);
  await there.open(chat.page.url());
  await expect(there.composer).toHaveValue('half a sentence');
  const second = there.page.waitForResponse((answer) => answer.url().endsWith('/draft/') && answer.request().method() === 'PUT');
  await there.composer.pressSequentially(', and the rest');
  await second;
  // What is typed here meanwhile stays.
  await chat.composer.fill('something else');
  await chat.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(chat.composer).toHaveValue('something else');
  await other.close();
});
