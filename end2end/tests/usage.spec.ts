// What was used: below an answer, in a conversation's menu, and on its own page, with a pointer, keys, touch, and without scripts.
import AxeBuilder from '../fixtures/axe';
import type { Locator, Page } from '@playwright/test';
import { converse } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { expect, signIn, test } from '../fixtures/test';

const PHONE = { width: 390, height: 844 };
const HERE = '/settings/usage';

const parts = (chat: Chat): { button: Locator; panel: Locator } => ({
  button: chat.answer.getByRole('button', { name: /^(Usage of this answer|此回答的用量)/ }),
  panel: chat.answer.locator('.used-panel'),
});

/** Nothing is wider than the page. */
async function fits(page: Page): Promise<void> {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect(wide).toBeLessThanOrEqual(room);
}

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`))).toEqual([]);
}

test('an answer says what it used to a pointer and to keys, without asking for it', async ({ chat }) => {
  const { page } = chat;
  // Longer than what a page takes for the beginning of another device's question, after which it looks.
  await chat.hear('go', 'fake/words-20@25');
  await page.mouse.move(1, 1);
  const { button, panel } = parts(chat);
  await expect(panel).toBeHidden();
  // What follows an answer by itself is over.
  await page.waitForLoadState('networkidle');
  const asked: string[] = [];
  // The list of conversations, drafts and thumbs follow what other pages do, by themselves.
  const own = /\/rpc\/shelf\/top$|\/(draft|queue|feedback|read)\/$|\/(live|outbox|keep)\.js$/;
  page.on('request', (request) => own.test(request.url()) || asked.push(request.url()));
  await button.hover();
  await expect(panel).toBeVisible();
  await expect(panel).toContainText(/Tokens out\s*20(?!\d)/);
  await expect(panel).toContainText(/Cost\s*not known/);
  await expect(panel).toContainText(/First word after\s*(\d+ ms|\d+\.\d s)/);
  await expect(panel).toContainText(/Tokens per second\s*\d+/);
  await page.mouse.move(1, 1);
  await expect(panel).toBeHidden();

  await button.focus();
  await page.keyboard.press('Enter');
  await expect(panel).toBeVisible();
  await accessible(page);
  await page.screenshot({ path: 'artifacts/used-light.png' });
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
  await expect(button).toBeFocused();
  expect(asked).toEqual([]);
});

test('what was stopped is marked as counted here, and the conversation adds up', async ({ chat }) => {
  const { page } = chat;
  await chat.hear('go', 'fake/words-7@0');
  await chat.ask('slowly', 'fake/words-400@60');
  await expect(chat.prose).toContainText('w10');
  await chat.stop.click();
  await chat.finished();
  const { button, panel } = parts(chat);
  await button.click();
  await expect(panel).toContainText(/Tokens out\s+≈ \d+/);
  await expect(panel).toContainText('Some tokens were counted here');
  await page.keyboard.press('Escape');
  await page.locator('button[popovertarget=chat-menu]').click();
  const menu = page.locator('#chat-menu');
  await expect(menu).toContainText('This conversation used');
  const alive = await menu.locator('.used-in-all').innerText();
  await chat.open(page.url());
  await page.locator('button[popovertarget=chat-menu]').click();
  expect(await menu.locator('.used-in-all').innerText()).toBe(alive);
});

test.describe('by touch', () => {
  test.use({ viewport: PHONE, hasTouch: true, isMobile: true, colorScheme: 'dark', locale: 'zh-CN' });

  test('a tap shows what an answer used, and the page of usage fits', async ({ chat, page }) => {
    await chat.hear('go', 'fake/words-5@0');
    const { button, panel } = parts(chat);
    await button.tap();
    await expect(panel).toBeVisible();
    await expect(panel).toContainText('输出令牌');
    await page.screenshot({ path: 'artifacts/used-dark-phone-zh.png' });
    await fits(page);
    await chat.open(HERE);
    await expect(page.getByRole('link', { name: '用量', exact: true })).toHaveAttribute('aria-current', 'page');
    await expect(page.getByRole('rowheader', { name: 'fake/words-5@0' })).toBeVisible();
    await fits(page);
    await accessible(page);
    // The newest day is in view.
    await expect(page.locator('.calendar td[data-shade]').last()).toBeAttached();
    const today = page.locator('.calendar td[data-shade="4"]');
    await expect(today).toHaveCount(1);
    await expect(today).toBeInViewport();
    await page.screenshot({ path: 'artifacts/usage-dark-phone-zh.png', fullPage: true });
  });
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'the page of usage' : 'the page of usage without scripts', () => {
    test.use({ javaScriptEnabled, colorScheme: 'light' });

    test('tells totals by period and model, and every day of a year in words', async ({ page, person, server, clean }) => {
      if (!javaScriptEnabled) clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
      await converse(server.url, person, 'one', 'fake/words-5@0');
      await converse(server.url, person, 'two', 'fake/words-5@0');
      await converse(server.url, person, 'three', 'fake/echo@0');
      await signIn(page, person);
      await page.goto(HERE);
      const rows = page.locator('.usage-table tbody tr');
      await expect(rows).toHaveCount(2);
      await expect(rows.first()).toHaveText(/fake\/words-5@0\s*2/);
      await expect(page.locator('.totals')).toContainText(/Calls\s*3/);
      await expect(page.getByText('3 calls have no known price; they are not in the cost.')).toBeVisible();
      const calendar = page.getByRole('table', { name: 'The last year, day by day' });
      await expect(calendar.locator('td[data-shade]')).toHaveCount(365);
      await expect(calendar.getByRole('row')).toHaveCount(8);
      await expect(calendar.getByRole('cell', { name: /: 3 calls, [\d,]+ tokens$/ })).toHaveCount(1);
      await expect(page.getByText('Days begin and end in the time zone UTC.')).toBeVisible();
      if (javaScriptEnabled) await accessible(page);
      await page.getByRole('link', { name: 'This month' }).click();
      await expect(page).toHaveURL(/\?period=month$/);
      await expect(page.getByRole('link', { name: 'This month' })).toHaveAttribute('aria-current', 'page');
      await expect(page.locator('.totals')).toContainText(/Calls\s*3/);
      await fits(page);
      await page.screenshot({ path: `artifacts/usage-light${javaScriptEnabled ? '' : '-plain'}.png`, fullPage: true });
    });
  });
}
