// How the server is used: figures, charts with their tables, filters in the address, and the calls behind a figure, also without scripts.
import AxeBuilder from '../fixtures/axe';
import type { Page } from '@playwright/test';
import { converse, register } from '../fixtures/api';
import { expect, signIn, test } from '../fixtures/test';

const HERE = '/admin/dashboard';
const PHONE = { width: 390, height: 844 };

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

const total = (page: Page, name: RegExp) => page.locator('.totals > div').filter({ has: page.locator('dt').filter({ hasText: name }) }).first().locator('dd');

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'the dashboard' : 'the dashboard without scripts', () => {
    test.use({ javaScriptEnabled, colorScheme: 'light' });

    test.beforeEach(async ({ page, admin, clean }) => {
      if (!javaScriptEnabled) clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
      await signIn(page, admin);
    });

    test('tells figures, and the same as charts and in tables', async ({ page, admin, server }) => {
      await converse(server.url, admin, 'two', 'fake/echo@0');
      await page.goto('/admin');
      await expect(page).toHaveURL(/\/admin\/dashboard$/);
      await expect(page.getByRole('navigation', { name: 'Administration' }).getByRole('link').first()).toHaveText('Dashboard');
      await expect(total(page, /^Calls$/)).toContainText(/^[1-9]/);
      await expect(page.locator('figure.chart')).toHaveCount(5);
      await expect(page.locator('figure.chart svg rect[fill="#030303"]').first()).toBeAttached();
      // The same as a chart says, in words.
      await page.locator('figure.chart').first().locator('summary').click();
      const days = page.getByRole('table', { name: 'Calls', exact: true });
      await expect(days.getByRole('row')).toHaveCount(8);
      if (javaScriptEnabled) {
        await accessible(page);
        await page.screenshot({ path: 'artifacts/dashboard-light.png', fullPage: true });
      }
    });

    test('leads from a person and a model down to the calls, and writes them', async ({ page, server }) => {
      // A name of their own: others of this server's have used it, too.
      const person = await register(server.url, `Nora ${Math.random().toString(36).slice(2, 8)}`);
      for (let n = 0; n < 3; n += 1) await converse(server.url, person, 'one', 'fake/words-5@0');
      await page.goto(HERE);
      await page.getByRole('link', { name: '24 hours' }).click();
      await expect(page).toHaveURL(/\?range=24h$/);
      await expect(page.locator('.periods [aria-current]')).toHaveText(['24 hours']);
      const mine = page.getByRole('table', { name: 'By person' }).getByRole('row').filter({ hasText: person.name }).first();
      await mine.getByRole('link', { name: person.name }).click();
      await expect(page).toHaveURL(/user=/);
      await expect(total(page, /^Calls$/)).toContainText(/^3/);
      const model = page.getByRole('table', { name: 'By model' }).getByRole('row').filter({ hasText: 'fake/words-5@0' });
      await model.getByRole('link', { name: '3', exact: true }).click();
      await expect(page).toHaveURL(/\/admin\/calls\?range=24h&provider=fake&model=words(-|%2D)5%400&user=/);
      await expect(page.locator('.calls tbody tr')).toHaveCount(3);
      await expect(page.locator('.calls tbody tr').first()).toContainText(person.name);
      const csv = await page.getByRole('link', { name: 'CSV' }).getAttribute('href');
      expect((await (await page.request.get(csv ?? '')).text()).trim().split('\r\n')).toHaveLength(4);
      await fits(page);
      if (javaScriptEnabled) await accessible(page);
      await page.screenshot({ path: `artifacts/calls-light${javaScriptEnabled ? '' : '-plain'}.png`, fullPage: true });
    });

    // A form like any other: what is typed is in the address, and what cannot be is said.
    test('says what cannot be asked', async ({ page, clean }) => {
      clean.allow(/422/);
      await page.goto(HERE);
      await page.getByRole('textbox', { name: 'Person' }).fill('nobody@example.org');
      await page.getByRole('button', { name: 'Apply' }).click();
      await expect(page).toHaveURL(/user=nobody%40example\.org/);
      await expect(page.getByRole('alert')).toBeVisible();
    });
  });
}

test.describe('by touch, in the dark, in Chinese', () => {
  test.use({ viewport: PHONE, hasTouch: true, isMobile: true, colorScheme: 'dark', locale: 'zh-CN' });

  test('the dashboard and the calls fit a phone', async ({ page, person, admin, server }) => {
    await converse(server.url, person, 'one', 'fake/words-5@0');
    await signIn(page, admin);
    await page.goto(HERE);
    await expect(page.getByRole('heading', { name: '仪表盘' })).toBeVisible();
    await expect(page.locator('figure.chart')).toHaveCount(5);
    // Marks have got the colours of the theme.
    const ink = await page.locator('figure.chart text').first().evaluate((text) => getComputedStyle(text).fill);
    expect(ink).not.toMatch(/rgb\(1, 1, 1\)/);
    await fits(page);
    await accessible(page);
    await page.screenshot({ path: 'artifacts/dashboard-dark-phone-zh.png', fullPage: true });
    await page.getByRole('link', { name: '查看相关调用' }).tap();
    await expect(page.locator('.calls tbody tr').first()).toBeVisible();
    await fits(page);
    await accessible(page);
    await page.screenshot({ path: 'artifacts/calls-dark-phone-zh.png', fullPage: true });
  });
});

test('members do not see it', async ({ page, person }) => {
  await signIn(page, person);
  expect((await page.request.get(HERE)).status()).toBe(403);
});
