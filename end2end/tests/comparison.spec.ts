// Several models answer one question at the same time: asked, followed, stopped, interrupted and gone on with, and one is kept.
import type { Locator, Page } from '@playwright/test';
import { register } from '../fixtures/api';
import { Chat, sequence } from '../fixtures/chat';
import { LOOKS, sound } from '../fixtures/look';
import { expect, signIn, test } from '../fixtures/test';
import { swipe } from '../fixtures/touch';

/** Ticks these models; a script with its own number or rate is not listed, so it joins the list first. */
async function tick(page: Page, ...models: string[]): Promise<void> {
  // The page may be on its way; the field of the one before is called the same.
  await expect(page.locator('.compare-choices')).toBeVisible();
  for (const model of models) {
    const box = page.locator(`input[name="models[]"][value="${model}"]`);
    if ((await box.count()) === 0) {
      await page.locator('.compare-choices').evaluate((list, id) => {
        const label = list.querySelector('label')!.cloneNode(true) as HTMLElement;
        Object.assign(label.querySelector('input')!, { value: id, checked: false }).setAttribute('value', id);
        label.querySelector('span')!.textContent = id;
        list.append(label);
      }, model);
    }
    await box.check();
  }
}

const words = async (column: Locator) => ((await column.locator('.blocks').last().textContent()) ?? '').split(/\s+/).filter(Boolean);

test('models are asked side by side; each is stopped, survives a restart and goes on; one is kept', async ({ page, clean, ownServer }) => {
  clean.allow(/ERR_CONNECTION_REFUSED/, /ERR_INCOMPLETE_CHUNKED_ENCODING/, /WebSocket/, /ERR_CONNECTION_RESET/, /ERR_EMPTY_RESPONSE/);
  await signIn(page, await register(ownServer.url, 'Ada'), ownServer.url);
  const chat = new Chat(page);
  await chat.alive();
  await chat.hear('Hello', 'fake/echo@0');
  const address = page.url();

  // From the models' menu, with what was being written.
  await chat.composer.fill('Count, please');
  await page.getByRole('link', { name: 'Compare models' }).click();
  await expect(page.getByLabel('Your message')).toHaveValue('Count, please');
  await tick(page, 'fake/echo');
  await sound(page, 'comparison-start', true);
  await page.getByRole('button', { name: 'Ask them' }).click();
  await expect(page.getByText('Choose 2 to 4 models.').last()).toHaveClass('wrong');
  await expect(page.getByLabel('Your message')).toHaveValue('Count, please');
  await expect(page.locator('input[value="fake/echo"]')).toBeChecked();
  await tick(page, 'fake/words-400@40', 'fake/words-5000@40');
  await page.getByRole('button', { name: 'Ask them' }).click();
  await expect(page).toHaveURL(/\/compare\/[0-9a-f-]{36}$/);

  const column = (model: string) => page.getByRole('article', { name: model, exact: true });
  const [echo, short, long] = ['fake/echo', 'fake/words-400@40', 'fake/words-5000@40'].map(column);
  await expect(echo.locator('.blocks').last()).toHaveText('Count, please');
  await expect(short).toContainText('w20');
  await expect(long).toContainText('w20');
  await expect(echo.getByText('Cost')).toBeVisible();
  await sound(page, 'comparison', true);

  // A page that is loaded again goes on with both; one is stopped by itself.
  await page.reload();
  await expect(short).toContainText('w60');
  await long.getByRole('button', { name: 'Stop fake/words-5000@40' }).click();
  await expect(long).toContainText('Stopped.');
  await expect(short).toHaveAttribute('aria-busy', 'true');
  await chat.alive();

  // Killed in the middle: what was read stays, and each goes on while the other does.
  await ownServer.stop('SIGKILL');
  const shown = await words(short);
  await ownServer.start();
  await expect(short).toContainText('The server was interrupted while it wrote this.', { timeout: 10_000 });
  expect((await words(short)).slice(0, shown.length)).toEqual(shown);
  await long.getByRole('button', { name: 'Continue' }).click();
  await short.getByRole('button', { name: 'Continue' }).click();
  await expect(long).toHaveAttribute('aria-busy', 'true');
  await expect.poll(() => words(short), { timeout: 20_000 }).toEqual(sequence(400));
  await expect(long).toHaveAttribute('aria-busy', 'true');

  // The shorter one is kept: the other is stopped, and stays as a version of it.
  await short.getByRole('button', { name: 'Keep this one' }).click();
  await expect(page).toHaveURL(address);
  await expect(chat.answers).toHaveCount(2);
  await expect.poll(() => chat.words()).toEqual(sequence(400));
  await expect(chat.picker).toHaveValue('fake/words-400@40');
  await expect(chat.composer).toHaveValue('');
  await expect(chat.answer.getByRole('group', { name: 'Version 2 of 3' })).toBeVisible();
  await chat.answer.getByRole('button', { name: 'Next version' }).click();
  await expect(chat.answer).toContainText('Stopped.');
  await chat.answer.getByRole('link', { name: 'Compare models' }).click();
  await expect(page.getByRole('article')).toHaveCount(4);
  await echo.getByRole('button', { name: 'Keep this one' }).click();
  await chat.hear('And now?', 'fake/echo@0');
  await expect(chat.questions).toHaveCount(3);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('a finger moves from one answer to the next while they are written, and does nothing else there', async ({ chat, page }) => {
    await chat.open('/compare/new');
    await page.getByLabel('Your message').fill('Count, please');
    // Both are longer than what follows takes on the slowest machine; the second is stopped.
    await tick(page, 'fake/words-5000@40', 'fake/words-4000@40');
    await page.getByRole('button', { name: 'Ask them' }).tap();
    await expect(page).toHaveURL(/\/compare\/[0-9a-f-]{36}$/);
    const column = (model: string) => page.getByRole('article', { name: model, exact: true });
    const [first, second] = ['fake/words-5000@40', 'fake/words-4000@40'].map(column);
    const left = async (one: Locator) => Math.round((await one.boundingBox())!.x);
    const sidebar = page.locator('#sidebar');
    await expect(second).toContainText('w20');
    // Whoever listens to swipes does.
    await expect(page.locator('.toasts.live')).toBeAttached({ timeout: 10_000 });
    const start = await left(first);
    expect(await left(second)).toBeGreaterThan(300);

    // The last one cannot come further: a part of the one before it stays in view.
    await swipe(page, [330, 420], [60, 425]);
    await expect.poll(() => left(second)).toBeLessThan(80);
    const end = await left(second);
    await expect(second).toHaveAttribute('aria-busy', 'true');
    // Back to the first: not to the list of chats, which a finger brings from elsewhere.
    await swipe(page, [60, 420], [330, 425]);
    await expect.poll(() => left(first)).toBe(start);
    await expect(sidebar).toBeHidden();
    const { y, height } = (await page.locator('article.question').boundingBox())!;
    await swipe(page, [60, y + height / 2], [330, y + height / 2]);
    await expect(sidebar).toBeVisible();
    await swipe(page, [330, 420], [60, 420]);
    await expect(sidebar).toBeHidden();

    // The links above lead there as well, and up and down is the page's.
    await page.getByRole('navigation', { name: 'Models' }).getByRole('link').nth(1).tap();
    await expect.poll(() => left(second)).toBe(end);
    await second.getByRole('button', { name: 'Stop fake/words-4000@40' }).tap();
    await expect(second).toContainText('Stopped.');
    const said = await words(second);
    expect(said).toEqual(sequence(said.length));
    const top = async () => (await second.boundingBox())!.y;
    const before = await top();
    await swipe(page, [200, 600], [205, 300]);
    await expect.poll(top).toBeLessThan(before - 100);
    expect(await left(second)).toBe(end);
    await sound(page, 'comparison-phone', true);
    await second.getByRole('button', { name: 'Keep this one' }).tap();
    await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}$/);
    await expect.poll(() => chat.words()).toEqual(said);
  });
});

test.describe('without scripts, on a phone, in Chinese, in the dark', () => {
  test.use(LOOKS['without scripts, on a phone, in Chinese, in the dark']);

  test('the same is plain forms, and nothing that was written is lost', async ({ page, person, clean }) => {
    clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
    await signIn(page, person);
    await page.getByRole('link', { name: '比较模型' }).click();
    await page.getByRole('textbox', { name: '您的消息' }).fill('数一数 <b>&amp;');
    await tick(page, 'fake/echo');
    await page.getByRole('button', { name: '提问' }).click();
    await expect(page.locator('.wrong')).toHaveText('请选择 2 到 4 个模型。');
    await expect(page.getByRole('textbox', { name: '您的消息' })).toHaveValue('数一数 <b>&amp;');
    await expect(page.locator('input[value="fake/echo"]')).toBeChecked();
    await tick(page, 'fake/words-100');
    await page.getByRole('button', { name: '提问' }).click();
    await expect(page).toHaveURL(/\/compare\/[0-9a-f-]{36}$/);
    const column = (model: string) => page.getByRole('article', { name: model, exact: true });
    // The page loads itself again until both are complete.
    await expect(column('fake/words-100')).toHaveAttribute('aria-busy', 'false', { timeout: 20_000 });
    await expect(column('fake/words-100')).toContainText('w100');
    await expect(column('fake/echo').locator('.blocks').last()).toContainText('数一数');
    const [above, below] = [await column('fake/echo').boundingBox(), await column('fake/words-100').boundingBox()];
    expect(below!.y).toBeGreaterThan(above!.y + above!.height - 1);
    await sound(page, 'comparison', false);
    await column('fake/words-100').getByRole('button', { name: /保留这个/ }).click();
    await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}$/);
    await expect(new Chat(page).prose).toContainText('w100');
  });
});
