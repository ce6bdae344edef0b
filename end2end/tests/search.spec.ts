// The search, the command palette and the shortcuts: with keys, in both languages, and without scripts.
import AxeBuilder from '../fixtures/axe';
import { converse } from '../fixtures/api';
import { expect, signIn, test } from '../fixtures/test';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

test('messages are found as one types, in any script, and each leads to its place', async ({ chat }) => {
  const { page } = chat;
  await chat.hear('我们讨论机器学习和潮汐', 'fake/echo@0');
  const where = page.url();
  await chat.open('/');
  await chat.hear('Le café du port', 'fake/echo@0');
  await chat.open('/search');
  await page.getByRole('searchbox').pressSequentially('潮汐');
  await expect(page.locator('.search-hit')).toHaveCount(2);
  await expect(page.locator('.search-hit mark').first()).toHaveText('潮汐');
  await expect(page).toHaveURL(/q=%E6%BD%AE%E6%B1%90/);
  await page.getByRole('searchbox').fill('cafe from:me');
  await expect(page.locator('.search-hit')).toHaveCount(1);
  await expect(page.locator('.search-hit mark')).toHaveText('café');
  await page.getByRole('searchbox').fill('zebra');
  await expect(page.getByText('Nothing found.')).toBeVisible();
  await page.getByRole('searchbox').fill('学');
  await page.locator('.search-hit a').first().click();
  await expect(page).toHaveURL(new RegExp(where.split('/').pop() ?? 'x'));
  await expect(page.locator('article.found')).toBeInViewport();
});

test('an old message of a long chat is shown in its place', async ({ chat, person, server }) => {
  const { page } = chat;
  const id = await converse(server.url, person, 'the needle', 'fake/echo@0');
  for (let n = 0; n < 27; n++) await converse(server.url, person, `straw ${n}`, 'fake/echo@0', id);
  await chat.open('/search?q=needle%20from:me');
  await page.locator('.search-hit a').click();
  await expect(page.locator('article.found')).toBeInViewport();
  await expect(page.locator('article.found')).toContainText('the needle');
  await page.getByRole('link', { name: 'Jump to latest' }).click();
  await expect(page.getByText('straw 26').first()).toBeVisible();
});

test('the palette goes anywhere by keys and gives the focus back', async ({ chat, isMobile }) => {
  test.skip(isMobile, 'keys');
  const { page } = chat;
  await chat.hear('Harbour lights', 'fake/echo@0');
  await chat.open('/settings/profile');
  const link = page.getByRole('link', { name: 'Preferences' });
  await link.focus();
  await page.keyboard.press('Control+k');
  const box = page.getByRole('combobox', { name: 'Go to' });
  await expect(box).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(box).toBeHidden();
  await expect(link).toBeFocused();
  await page.keyboard.press('Control+k');
  await box.pressSequentially('harbour');
  await expect(page.getByRole('option', { selected: true })).toContainText('Harbour lights');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/chat\//);
  await page.keyboard.press('Control+k');
  await box.pressSequentially('archiv');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/chats/archived');
  await page.keyboard.press('Control+k');
  await box.pressSequentially('lights');
  await expect(page.getByRole('option').filter({ hasText: 'Message' }).first()).toBeVisible();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/search\?q=lights/);
});

test('the question mark shows the shortcuts, and is a letter where one types', async ({ chat, isMobile }) => {
  test.skip(isMobile, 'keys');
  const { page } = chat;
  await chat.composer.pressSequentially('why?');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(chat.composer).toHaveValue('why?');
  await chat.open('/chats');
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toBeVisible();
  expect((await new AxeBuilder({ page }).withTags(TAGS).analyze()).violations).toEqual([]);
  await sheet.getByRole('button', { name: 'Close' }).click();
  await expect(sheet).toBeHidden();
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ clean }) => clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/));

  test('the search is a form', async ({ page, person }) => {
    await signIn(page, person);
    await page.getByRole('textbox', { name: 'Your message' }).fill('Peas 豌豆');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect(page).toHaveURL(/\/chat\//);
    await page.goto('/search');
    await page.getByRole('searchbox').fill('豆');
    await page.getByRole('button', { name: 'Search' }).click();
    await expect(page.locator('.search-hit mark').first()).toHaveText('豆');
    await page.locator('.search-hit a').first().click();
    await expect(page.locator('article:target')).toContainText('Peas');
    await page.goto('/search?q=before:soon');
    await expect(page.getByRole('alert')).toBeVisible();
  });
});

for (const lang of ['en', 'zh-CN']) {
  test(`search and palette are sound in ${lang}`, async ({ page, chat, server, isMobile }) => {
    await chat.hear('Alpha words', 'fake/echo@0');
    await page.context().addCookies([{ name: 'lang', value: lang, url: server.url }]);
    for (const path of ['/search', '/search?q=alpha', '/search?q=nothingatall']) {
      await chat.open(path);
      const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
      expect(violations.map((one) => `${path}: ${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    }
    if (isMobile) return;
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('dialog')).toBeVisible();
    const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
    expect(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
  });
}
