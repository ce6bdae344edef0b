// Pages that are not the chat have their code in a file of its own, which comes when it is needed, and only then.
import { converse } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { watchTransfer } from '../fixtures/measure';
import { expect, signIn, test } from '../fixtures/test';

const CHUNK = /\/(split|chunk)_[^/]*\.wasm$/;

test('a chat loads no chunk, and the page of a new one only its own', async ({ page, person, server }) => {
  await signIn(page, person);
  const chat = new Chat(page);
  // The page after signing in has one, which comes after its first paint.
  await chat.alive();
  await page.waitForLoadState('networkidle');
  const seen = await watchTransfer(page);
  const chunks = () => seen.urls.filter((url) => CHUNK.test(url));
  await chat.open(`/chat/${await converse(server.url, person, 'Hello', 'fake/echo@0')}`);
  await page.waitForLoadState('networkidle');
  expect(chunks()).toEqual([]);
  await page.getByRole('button', { name: 'Settings of this chat' }).click();
  await expect(page.getByLabel('System prompt')).toBeVisible();
  expect(chunks().some((url) => url.includes('split_part'))).toBe(true);
  await chat.open('/');
  await page.waitForLoadState('networkidle');
  expect(chunks().some((url) => url.includes('split_home'))).toBe(true);
  expect(chunks().some((url) => /split_(admin|settings|door)/.test(url))).toBe(false);
});

test('the chat loads no administrators\' code; going to an administrators\' page loads it once, and the page lives', async ({ page, admin }) => {
  const seen = await watchTransfer(page);
  const chunks = () => seen.urls.filter((url) => CHUNK.test(url));
  await signIn(page, admin);
  const chat = new Chat(page);
  await chat.alive();
  await page.waitForLoadState('networkidle');
  expect(chunks().some((url) => /split_(admin|settings|door|part)/.test(url))).toBe(false);

  // A whole page would forget this.
  await page.evaluate(() => Object.assign(window, { same: true }));
  await page.getByRole('button', { name: /Account and settings/ }).click();
  await page.getByRole('link', { name: 'Model providers' }).click();
  await page.getByRole('link', { name: 'Add a provider' }).click();
  await expect(page.getByRole('heading', { name: 'Add a provider' })).toBeVisible();
  await page.getByRole('link', { name: 'Cancel' }).click();
  await page.getByRole('link', { name: /New chat/ }).click();
  await chat.hear('Hello', 'fake/echo@0');
  await page.goBack();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Model providers' })).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { same?: boolean }).same)).toBe(true);
  expect(chunks()).toHaveLength(new Set(chunks()).size);
  expect(chunks().length).toBeGreaterThan(0);
});

test('opened from nothing, the page fetches its chunk with the rest, and its buttons work', async ({ page, admin }) => {
  await signIn(page, admin);
  const seen = await watchTransfer(page);
  await new Chat(page).open('/admin/providers');
  expect(seen.urls.filter((url) => CHUNK.test(url)).length).toBeGreaterThan(0);
  const fake = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'fake', exact: true }) });
  await fake.getByRole('button', { name: 'Test connection' }).click();
  await expect(fake).toContainText(/Answered in \d+ ms/);
  expect(new URL(page.url()).search).toBe('');
});

test('a chunk that cannot be had, as after an update of the server, becomes a whole page', async ({ page, admin, clean }) => {
  clean.allow(/(split_admin|chunk_\d+)\.wasm/, /TypeError|CompileError|LinkError/);
  await signIn(page, admin);
  await new Chat(page).alive();
  await page.evaluate(() => Object.assign(window, { same: true }));
  await page.route(CHUNK, (route) => route.fulfill({ status: 404, body: '' }));
  await page.getByRole('button', { name: /Account and settings/ }).click();
  await page.getByRole('link', { name: 'Model providers' }).click();
  await page.waitForFunction(() => !(window as unknown as { same?: boolean }).same);
  await expect(page).toHaveURL(/\/admin\/providers$/);
  await expect(page.getByRole('heading', { name: 'Model providers' })).toBeVisible();
});

test('without its chunk a page that came whole still works as it does without scripts', async ({ page, admin, clean }) => {
  clean.allow(/(split_admin|chunk_\d+)\.wasm/, /TypeError|CompileError|LinkError/, /preload/);
  await signIn(page, admin);
  await new Chat(page).alive(); // the page after signing in has its chunk
  await page.route(CHUNK, (route) => route.fulfill({ status: 404, body: '' }));
  await page.goto('/admin/providers', { waitUntil: 'networkidle' });
  const fake = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'fake', exact: true }) });
  await fake.getByRole('button', { name: 'Test connection' }).click();
  await expect(page).toHaveURL(/\/admin\/providers\?test=/);
  await expect(fake).toContainText(/Answered in \d+ ms/);
});

test('the window is called what it is called while the code of its page comes', async ({ page, person }) => {
  await signIn(page, person);
  await page.addInitScript(() => {
    const seen: string[] = Object.assign(window, { titles: [] as string[] }).titles;
    // What somebody could see: between two tasks, not within one.
    const look = () => {
      const title = document.querySelector('title');
      if (title && title.text !== seen.at(-1)) seen.push(title.text);
      setTimeout(look, 1);
    };
    look();
  });
  const chat = new Chat(page);
  const titles = () => page.evaluate(() => (window as unknown as { titles: string[] }).titles);
  await chat.open('/settings/profile');
  await page.waitForLoadState('networkidle');
  expect(await titles()).toEqual(['Profile · Liao']);
  await page.getByRole('link', { name: 'Preferences' }).click();
  await expect(page).toHaveTitle('Preferences · Liao');
  await page.getByRole('link', { name: /New chat/ }).click();
  await expect(page).toHaveTitle('Liao');
  expect(await titles()).toEqual(['Profile · Liao', 'Preferences · Liao', 'Liao']);
});
