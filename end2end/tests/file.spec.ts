// Files beside a message: chosen, dropped, pasted; sent in parts that a broken line does not lose; shown in the message, large, on
// their pages; with and without scripts.
import AxeBuilder from '../fixtures/axe';
import type { Locator, Page } from '@playwright/test';
import type { Person } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { type Upload, large, note, picture } from '../fixtures/file';
import { expect, signIn, test } from '../fixtures/test';

const PHONE = { width: 390, height: 844 };
const RED = picture('red.png', [190, 60, 50]);
const BLUE = picture('blue.png', [60, 90, 180], 200, 320);

const chip = (page: Page, name: string): Locator => page.locator('.file-chip').filter({ hasText: name });
const ready = (page: Page, name: string): Promise<void> => expect(chip(page, name).locator('.chip-note')).toHaveText(/^[\d.]+ (B|KiB|MiB)$/, { timeout: 20_000 });

async function attach(page: Page, ...files: Upload[]): Promise<void> {
  await page.locator('#attach').setInputFiles(files);
  for (const file of files) await ready(page, file.name);
}

/** Lets go of a file over the page, or pastes it. */
async function hand(page: Page, event: 'drop' | 'dragover' | 'paste', file: Upload): Promise<void> {
  await page.evaluate(
    ([event, name, type, content]) => {
      const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], name, { type }));
      const made = event === 'paste'
        ? new ClipboardEvent(event, { clipboardData: data, bubbles: true, cancelable: true })
        : new DragEvent(event, { dataTransfer: data, bubbles: true, cancelable: true });
      document.querySelector('.log')?.dispatchEvent(made);
    },
    [event, file.name, file.mimeType, file.buffer.toString('base64')] as const,
  );
}

async function kept(server: string, person: Person): Promise<string[]> {
  const answer = await fetch(`${server}/api/files/`, { headers: { authorization: `Bearer ${person.access}` } });
  return ((await answer.json()) as { items: { name: string }[] }).items.map(({ name }) => name);
}

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`))).toEqual([]);
}

async function fits(page: Page): Promise<void> {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect(wide).toBeLessThanOrEqual(room);
}

test('a file is attached by the button, read by the model, shown after a reload, and previewed', async ({ chat }) => {
  const { page } = chat;
  await attach(page, note('notes.txt', 'The tide follows the moon.'), RED);
  await accessible(page);
  await page.screenshot({ path: 'artifacts/file-tray-light.png' });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: 'artifacts/file-tray-dark.png' });
  await page.emulateMedia({ colorScheme: 'light' });
  await chat.hear('What is it about?', 'fake/echo@0');
  await expect(page.locator('.file-chip')).toHaveCount(0);
  await expect(chat.prose).toContainText('The tide follows the moon.');
  for (const again of [false, true]) {
    if (again) {
      await page.reload();
      await chat.alive();
      await expect(page.locator('.file-chip')).toHaveCount(0);
    }
    await expect(chat.question.getByRole('link', { name: 'notes.txt' })).toBeVisible();
    const image = chat.question.getByRole('img', { name: 'red.png' });
    await expect(image).toBeVisible();
    await expect.poll(() => image.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(320);
    expect(await image.boundingBox()).toMatchObject({ width: 176, height: 132 });
  }
  await accessible(page);
  await page.screenshot({ path: 'artifacts/file-message-light.png' });
  await chat.question.getByRole('link', { name: 'notes.txt' }).click();
  await expect(page).toHaveURL(/\/files\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('notes.txt');
  await expect(page.getByText('The tide follows the moon.')).toBeVisible();
  await accessible(page);
  await page.screenshot({ path: 'artifacts/file-page-light.png' });
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download' }).click();
  expect((await download).suggestedFilename()).toBe('notes.txt');
});

test('files are dropped on the page and pasted; text with a picture is pasted as text', async ({ chat }) => {
  const { page } = chat;
  await expect(page.locator('.drop-zone')).toBeHidden();
  await hand(page, 'dragover', RED);
  await expect(page.locator('.drop-zone')).toBeVisible();
  await page.screenshot({ path: 'artifacts/file-drop.png' });
  await hand(page, 'drop', RED);
  await expect(page.locator('.drop-zone')).toBeHidden();
  await ready(page, 'red.png');
  await hand(page, 'paste', BLUE);
  await ready(page, 'blue.png');
  await chat.hear('', 'fake/echo@0');
  await expect(chat.question.getByRole('img')).toHaveCount(2);
  await expect(chat.prose).toContainText('image/');
});

test('an upload is cancelled, and a file that is taken out again is forgotten', async ({ chat, server, person }) => {
  const { page } = chat;
  await page.route('**/api/files/*/', async (route) => {
    if (route.request().method() === 'PATCH') await new Promise((done) => setTimeout(done, 400));
    await route.continue().catch(() => undefined);
  });
  await page.locator('#attach').setInputFiles(large('tides.txt', 4));
  await expect(chip(page, 'tides.txt').getByRole('progressbar')).toBeVisible();
  await expect(chip(page, 'tides.txt')).toContainText(/Sending, (2|5|7)\d%/);
  await page.screenshot({ path: 'artifacts/file-sending.png' });
  await page.getByRole('button', { name: 'Remove tides.txt' }).click();
  await expect(page.locator('.file-chip')).toHaveCount(0);
  await attach(page, note('once.txt', 'Once.'));
  expect(await kept(server.url, person)).toEqual(['once.txt']);
  await page.getByRole('button', { name: 'Remove once.txt' }).click();
  await expect.poll(() => kept(server.url, person)).toEqual([]);
});

test('an upload goes on where it was after the line broke, and the message waits for it', async ({ chat, clean }) => {
  // The code of the budget bar is asked for at the first word.
  clean.allow(/ERR_INTERNET_DISCONNECTED/, /ERR_FAILED/, /WebSocket/, /TypeError: Failed to fetch[^]*__wasm_split/);
  const { page } = chat;
  await chat.choose('fake/echo@0');
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/api/files/')) asked.push(`${request.method()} ${request.headers()['upload-offset'] ?? ''}`.trim());
  });
  let cut = false;
  await page.route('**/api/files/*/', async (route) => {
    const second = route.request().headers()['upload-offset'] === `${1024 * 1024}`;
    if (route.request().method() === 'PATCH' && second && !cut) {
      cut = true;
      await page.context().setOffline(true);
      return route.abort('internetdisconnected');
    }
    return route.continue();
  });
  await page.locator('#attach').setInputFiles(large('tides.txt', 3));
  await expect(chip(page, 'tides.txt')).toContainText('Waiting for the connection');
  await chat.composer.fill('Read this');
  await chat.composer.press('Enter');
  await expect(page.getByText('The message is sent as soon as its files are ready.')).toBeVisible();
  await expect(chat.questions).toHaveCount(0);
  await page.context().setOffline(false);
  await expect(chat.question.getByRole('link', { name: 'tides.txt' })).toBeVisible({ timeout: 20_000 });
  expect(asked.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  expect(asked.filter((line) => line === 'PATCH 0')).toHaveLength(1);
  expect(asked).toContain('HEAD');
});

test('files outlive a reload and a failed send', async ({ chat, clean }) => {
  clean.allow(/status 503/, /status of 503/);
  const { page } = chat;
  await attach(page, note('notes.txt', 'Kept.'));
  await chat.composer.fill('Mind this');
  await page.reload();
  await chat.alive();
  await ready(page, 'notes.txt');
  await expect(chat.composer).toHaveValue('Mind this');
  const body = JSON.stringify({ code: 'unavailable', message: 'Busy.' });
  await page.route('**/rpc/chat/send', (route) => route.fulfill({ status: 503, body, headers: { serverfnerror: '/rpc/chat/send' } }));
  await chat.composer.press('Enter');
  await expect(page.getByRole('alert')).toContainText('Not sent.');
  await expect(chip(page, 'notes.txt')).toBeVisible();
  await page.unroute('**/rpc/chat/send');
  await chat.hear('Mind this', 'fake/echo@0');
  await expect(chat.prose).toContainText('Kept.');
  await chat.open('/');
  await expect(page.locator('.file-chip')).toHaveCount(0);
});

test('what cannot be sent or read says why, and can be tried again', async ({ chat, clean }) => {
  clean.allow(/status (415|503)/, /status of (415|503)/);
  const { page } = chat;
  await page.locator('#attach').setInputFiles({ name: 'film.mp4', mimeType: 'video/mp4', buffer: Buffer.from('\0\0\0\u0018ftypmp42') });
  await expect(chip(page, 'film.mp4')).toContainText('Models cannot read this kind of file.');
  await chat.composer.fill('Look');
  await chat.composer.press('Enter');
  await expect(chat.questions).toHaveCount(0);
  await page.getByRole('button', { name: 'Send film.mp4 again' }).click();
  await expect(chip(page, 'film.mp4')).toContainText('Models cannot read this kind of file.');
  await page.getByRole('button', { name: 'Remove film.mp4' }).click();
  await page.locator('#attach').setInputFiles({ name: 'broken.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 nothing') });
  await expect(chip(page, 'broken.pdf')).toContainText(/damaged|no text/, { timeout: 20_000 });
  await accessible(page);
});

test('a model that sees no pictures says so before sending', async ({ chat }) => {
  const { page } = chat;
  await chat.choose('fake/words-100');
  await attach(page, RED, note('notes.txt', 'Words.'));
  const warning = page.getByRole('alert').filter({ hasText: 'This model sees no pictures.' });
  await expect(warning).toBeVisible();
  await page.screenshot({ path: 'artifacts/file-blind.png' });
  await chat.composer.fill('Look');
  await chat.composer.press('Enter');
  await expect(chat.questions).toHaveCount(0);
  await warning.getByRole('button', { name: /^Use / }).click();
  await expect(warning).toBeHidden();
  await chat.choose('fake/words-100');
  await warning.getByRole('button', { name: 'Remove the pictures' }).click();
  await expect(page.locator('.file-chip')).toHaveCount(1);
  await chat.composer.press('Enter');
  await expect(chat.question.getByRole('link', { name: 'notes.txt' })).toBeVisible();
});

test('pictures are looked at large, one after another, with the keys', async ({ chat }) => {
  const { page } = chat;
  await attach(page, RED, BLUE);
  await chat.hear('Two', 'fake/echo@0');
  await chat.question.getByRole('link').first().click();
  const box = page.getByRole('dialog');
  await expect(box.getByRole('img', { name: 'red.png' })).toBeVisible();
  await accessible(page);
  await page.screenshot({ path: 'artifacts/file-lightbox.png' });
  await page.keyboard.press('ArrowRight');
  await expect(box.getByRole('img', { name: 'blue.png' })).toBeVisible();
  await expect(box).toContainText('2 of 2');
  await page.keyboard.press('ArrowRight');
  await expect(box.getByRole('img', { name: 'red.png' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(box).toHaveCount(0);
  await expect(chat.question.getByRole('link').first()).toBeFocused();
  await chat.question.getByRole('link').last().click();
  await box.getByRole('button', { name: 'Close' }).click();
  await expect(box).toHaveCount(0);
});

test('on a phone and in Chinese', async ({ page, person, server }) => {
  await signIn(page, person);
  await page.setViewportSize(PHONE);
  await page.context().addCookies([{ name: 'lang', value: 'zh-CN', url: server.url }]);
  await page.goto('/');
  const chat = new Chat(page);
  await chat.alive();
  await attach(page, RED, note('一份名字很长很长很长很长很长很长很长的说明文件.txt', '潮水随月亮涨落。'));
  await expect(page.getByRole('button', { name: '移除 red.png' })).toBeVisible();
  await fits(page);
  await page.screenshot({ path: 'artifacts/file-tray-zh-phone.png' });
  await chat.hear('讲了什么？', 'fake/echo@0');
  await fits(page);
  await page.screenshot({ path: 'artifacts/file-message-zh-phone.png' });
  await chat.question.getByRole('img').click();
  await expect(page.getByRole('dialog').getByRole('img')).toBeVisible();
  await page.screenshot({ path: 'artifacts/file-lightbox-zh-phone.png' });
  await page.keyboard.press('Escape');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto('/settings/files');
  await expect(page.getByRole('link', { name: 'red.png' })).toBeVisible();
  await accessible(page);
  await fits(page);
  await page.screenshot({ path: 'artifacts/file-list-zh-phone.png' });
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ clean }) => clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/));

  test('the form takes the files along; they are shown, looked at and deleted', async ({ page, person, server }) => {
    await signIn(page, person);
    const chat = new Chat(page);
    await chat.choose('fake/echo@0');
    await chat.composer.fill('What is it about?');
    await page.getByLabel('Attach files').setInputFiles([note('notes.txt', 'The tide follows the moon.'), RED]);
    await page.screenshot({ path: 'artifacts/file-plain.png' });
    await chat.send.click();
    await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}$/);
    await expect(chat.prose).toContainText('The tide follows the moon.', { timeout: 20_000 });
    await expect(chat.question.getByRole('img', { name: 'red.png' })).toBeVisible();
    // In the conversation that is there now.
    await chat.composer.fill('And this?');
    await page.getByLabel('Attach files').setInputFiles([note('more.txt', 'So does the sea.')]);
    await chat.send.click();
    await expect(chat.question.getByRole('link', { name: 'more.txt' })).toBeVisible();
    await chat.question.getByRole('link', { name: 'more.txt' }).click();
    await expect(page.getByText('So does the sea.')).toBeVisible();
    await page.getByRole('link', { name: 'All files' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.screenshot({ path: 'artifacts/file-list-light.png' });
    await page.getByRole('listitem').filter({ hasText: 'more.txt' }).getByRole('link', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await expect(page.getByRole('link', { name: 'more.txt' })).toHaveCount(0);
    expect((await kept(server.url, person)).sort()).toEqual(['notes.txt', 'red.png']);
  });

  test('a file that is not taken comes back with the reason', async ({ page, person }) => {
    await signIn(page, person);
    const chat = new Chat(page);
    await chat.composer.fill('Look');
    await page.getByLabel('Attach files').setInputFiles([{ name: 'film.mp4', mimeType: 'video/mp4', buffer: Buffer.from('\0\0\0\u0018ftypmp42') }]);
    await chat.send.click();
    await expect(page.getByRole('alert')).toContainText('Not sent.');
  });
});
