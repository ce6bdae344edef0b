// What people set about themselves: the picture by mouse, keys and paste; profile and preferences on every device; presence; data.
import { type Page } from '@playwright/test';
import { PASSWORD, converse, register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { picture } from '../fixtures/picture';
import { expect, signIn, test } from '../fixtures/test';

/** The colour in the middle of the picture that the account menu shows. */
async function middle(page: Page): Promise<number[]> {
  return page.locator('.account-button img').evaluate(async (image: HTMLImageElement) => {
    await image.decode();
    const canvas = document.createElement('canvas');
    const paint = canvas.getContext('2d')!;
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    paint.drawImage(image, 0, 0);
    return Array.from(paint.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data);
  });
}

async function profile(chat: Chat): Promise<Page> {
  await chat.open('/settings/profile');
  await expect(chat.page.getByRole('heading', { name: 'Picture' })).toBeVisible();
  return chat.page;
}

test('a picture is chosen, moved by keys and mouse, turned, and shown everywhere at once', async ({ chat }) => {
  const page = await profile(chat);
  await page.locator('#avatar').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: await picture(page) });
  const window = page.locator('canvas.cropper-window');
  await expect(window).toBeFocused();
  // To the left edge of the picture: what is kept is red.
  for (let i = 0; i < 20; i += 1) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('+');
  await page.getByRole('button', { name: 'Use this picture' }).click();
  await expect(page.getByText('Picture saved.')).toBeVisible();
  await expect(page.locator('.account-button img')).toHaveAttribute('src', /^\/avatar\/[0-9a-f]{32}-128\.webp$/);
  const red = await middle(page);
  expect(red[0]! > 180 && red[2]! < 90, `${red}`).toBe(true);

  // And by the mouse to the other side.
  await page.locator('#avatar').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: await picture(page) });
  const box = (await window.boundingBox())!;
  await page.mouse.move(box.x + box.width - 20, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + 10, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  await page.mouse.wheel(0, -200);
  await page.getByRole('button', { name: 'Turn right' }).click();
  await page.getByRole('button', { name: 'Turn left' }).click();
  await page.getByRole('button', { name: 'Use this picture' }).click();
  await expect(page.getByText('Picture saved.').last()).toBeVisible();
  await expect.poll(async () => (await middle(page))[2]).toBeGreaterThan(180);

  await page.getByRole('button', { name: 'Remove' }).click();
  await expect(page.locator('.account-button img')).toHaveAttribute('src', /^\/avatar\/initials\//);
});

test('a picture is pasted, and what is none is said', async ({ chat, clean }) => {
  // Not the page: the recorder of Playwright's traces reads the picture again to keep a copy.
  clean.allow(/^console error: Connecting to 'blob:/);
  const page = await profile(chat);
  const bytes = (await picture(page, 300, 300)).toString('base64');
  await page.evaluate((base64) => {
    const file = new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'p.png', { type: 'image/png' });
    const data = new DataTransfer();
    data.items.add(file);
    document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
  }, bytes);
  await expect(page.locator('canvas.cropper-window')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('#avatar').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
  await expect(page.getByRole('alert')).toHaveText('That file cannot be opened as a picture.');
});

test('a picture is dropped on its place, and what is dropped and is none is said', async ({ chat, clean }) => {
  // Not the page: the recorder of Playwright's traces reads the picture again to keep a copy.
  clean.allow(/^console error: Connecting to 'blob:/);
  const page = await profile(chat);
  const place = page.locator('.avatar-editor');
  const dragged = async (base64: string, type: string) =>
    page.evaluateHandle(
      ([base64, type]) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'dropped', { type }));
        return data;
      },
      [base64, type] as const,
    );
  const text = await dragged(Buffer.from('no picture').toString('base64'), 'text/plain');
  await place.dispatchEvent('dragover', { dataTransfer: text });
  await expect(place).toHaveClass(/\bover\b/);
  await place.dispatchEvent('dragleave', { dataTransfer: text });
  await expect(place).not.toHaveClass(/\bover\b/);
  await place.dispatchEvent('drop', { dataTransfer: text });
  await expect(page.getByRole('alert')).toHaveText('That file cannot be opened as a picture.');
  const data = await dragged((await picture(page)).toString('base64'), 'image/png');
  await place.dispatchEvent('dragover', { dataTransfer: data });
  await place.dispatchEvent('drop', { dataTransfer: data });
  await expect(page.locator('canvas.cropper-window')).toBeFocused();
  await expect(place).not.toHaveClass(/\bover\b/);
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: 'Use this picture' }).click();
  await expect(page.getByText('Picture saved.')).toBeVisible();
  await expect(page.locator('.account-button img')).toHaveAttribute('src', /^\/avatar\/[0-9a-f]{32}-128\.webp$/);
});

test.describe('by touch', () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });

  test('one finger moves the picture, two zoom it', async ({ chat, clean }) => {
    clean.allow(/^console error: Connecting to 'blob:/);
    const page = await profile(chat);
    await page.locator('#avatar').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: await picture(page) });
    const window = page.locator('canvas.cropper-window');
    await expect(window).toBeFocused();
    await window.scrollIntoViewIfNeeded();
    const box = (await window.boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const scrolled = () => page.evaluate(() => [scrollY, document.querySelector('main')?.scrollTop]);
    const before = await scrolled();
    const screen = await page.context().newCDPSession(page);
    const fingers = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...places: [number, number][]) =>
      screen.send('Input.dispatchTouchEvent', { type, touchPoints: places.map(([x, y], id) => ({ x, y, id })) });
    // The right half comes into the middle, and the page stays where it is.
    await fingers('touchStart', [x + 100, y]);
    for (let step = 1; step <= 5; step += 1) await fingers('touchMove', [x + 100 - 40 * step, y - 10 * step]);
    await fingers('touchEnd');
    expect(await scrolled()).toEqual(before);
    const zoom = page.getByRole('slider');
    await expect(zoom).toHaveValue('1');
    await fingers('touchStart', [x - 20, y], [x + 20, y]);
    for (let step = 1; step <= 4; step += 1) await fingers('touchMove', [x - 20 - 10 * step, y], [x + 20 + 10 * step, y]);
    await fingers('touchEnd');
    await expect.poll(async () => Number(await zoom.inputValue())).toBeGreaterThan(2);
    await page.getByRole('button', { name: 'Use this picture' }).click();
    await expect(page.getByText('Picture saved.')).toBeVisible();
    const image = page.locator('.avatar-large');
    await expect(image).toHaveAttribute('src', /-128\.webp$/);
    const blue = await image.evaluate(async (image: HTMLImageElement) => {
      await image.decode();
      const canvas = document.createElement('canvas');
      const paint = canvas.getContext('2d')!;
      [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
      paint.drawImage(image, 0, 0);
      return paint.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[2]!;
    });
    expect(blue).toBeGreaterThan(180);
  });
});

test('preferences hold on another device, and the send key is obeyed', async ({ chat, person, browser, server, clean }) => {
  const page = chat.page;
  await chat.open('/settings/preferences');
  await page.getByLabel('Appearance').last().selectOption('dark');
  await page.getByLabel('Time zone').selectOption('Asia/Shanghai');
  await page.getByText('Ctrl + Enter (⌘ + Enter) sends').click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');

  const other = await browser.newContext({ colorScheme: 'light' });
  clean.watch(other);
  const there = await other.newPage();
  await signIn(there, person, server.url);
  await expect(there.locator('html')).toHaveAttribute('data-theme', 'dark');
  const second = new Chat(there);
  await second.alive();
  await second.composer.fill('one');
  await second.composer.press('Enter');
  await second.composer.pressSequentially('two');
  await expect(second.composer).toHaveValue('one\ntwo');
  await second.composer.press('Control+Enter');
  await expect(there).toHaveURL(/\/chat\//);
  await other.close();
});

test('administrators see people come and go, and those who hide are only counted', async ({ page, ownServer, browser, clean }) => {
  const [ada, mei] = [await register(ownServer.url, 'Ada'), await register(ownServer.url, 'Mei')];
  await signIn(page, ada, ownServer.url);
  await new Chat(page).open(`${ownServer.url}/admin/online`);
  const people = page.locator('.person');
  await expect(people).toHaveCount(1);
  await expect(page.locator('.account-button .presence')).toBeVisible();
  const other = await browser.newContext();
  clean.watch(other);
  const there = await other.newPage();
  await signIn(there, mei, ownServer.url);
  await expect(people).toHaveCount(2);
  await expect(people.first()).toContainText('Mei');
  await there.goto(`${ownServer.url}/settings/preferences`);
  await there.getByText('Others may see that I am online').click();
  await there.getByRole('button', { name: 'Save' }).click();
  await expect(there.getByText('Saved.')).toBeVisible();
  await expect(people).toHaveCount(1);
  await expect(page.getByText('One more person does not show it.')).toBeVisible();
  await other.close();
  await expect(page.getByText('One more person does not show it.')).toHaveCount(0);
});

test('an export is made while one looks on, and fetched', async ({ chat, person, server }) => {
  await converse(server.url, person, 'What do you know of me?', 'fake/echo@0');
  const page = chat.page;
  await chat.open('/settings/data');
  await page.getByRole('button', { name: 'Make an export' }).click();
  const link = page.getByRole('link', { name: /Download/ });
  await expect(link).toBeVisible({ timeout: 20_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  expect(download.suggestedFilename()).toBe('liao-export.zip');
  expect((await download.createReadStream().then((s) => s.toArray())).reduce((n, b) => n + b.length, 0)).toBeGreaterThan(500);
});

test('deleting asks for the password, signs out, and is called off by signing in', async ({ chat, person }) => {
  const page = chat.page;
  await chat.open('/settings/data');
  await page.getByText('Delete my account').first().click();
  await page.getByLabel('Your password').fill('not this one');
  await page.getByRole('button', { name: 'Delete my account' }).click();
  await expect(page.getByRole('alert')).toHaveText('The password is not right.');
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Delete my account' }).click();
  await expect(page).toHaveURL(/\/login/);
  await signIn(page, person);
  await expect(page.locator('.account-button')).toContainText('Mei');
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ clean }) => clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/));

  test('profile, picture and preferences are plain forms', async ({ page, person, browser }) => {
    const painter = await (await browser.newContext({ javaScriptEnabled: true })).newPage();
    const png = await picture(painter, 200, 200);
    await painter.context().close();
    await signIn(page, person);
    await page.goto('/settings/profile');
    await page.getByLabel('Name').fill('Mei Lin');
    await page.getByLabel('About you').fill('Reads.');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Saved.')).toBeVisible();
    await expect(page.getByLabel('About you')).toHaveValue('Reads.');
    await page.locator('#avatar').setInputFiles({ name: 'me.txt', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await page.getByRole('button', { name: 'Upload' }).click();
    await expect(page.getByRole('alert')).toHaveText('Choose a PNG, JPEG, WebP or GIF file.');
    await page.locator('#avatar').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: png });
    await page.getByRole('button', { name: 'Upload' }).click();
    await expect(page.locator('.avatar-large')).toHaveAttribute('src', /-128\.webp$/);
    await page.getByRole('button', { name: 'Remove' }).click();
    await expect(page.locator('.avatar-large')).toHaveAttribute('src', /initials/);
    await page.goto('/settings/preferences');
    await page.getByLabel('Language').last().selectOption('zh-CN');
    await page.getByRole('button', { name: 'Save' }).last().click();
    await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
    await expect(page.getByText('已保存。')).toBeVisible();
  });
});
