// The server about itself: sizes, providers, and answers that are being written, which an administrator can stop.
import AxeBuilder from '../fixtures/axe';
import type { Page } from '@playwright/test';
import { expect, signIn, test } from '../fixtures/test';

const HERE = '/admin/system';

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`))).toEqual([]);
}

/** Somebody's answer that takes its time. */
async function begun(server: string, access: string): Promise<void> {
  const body = JSON.stringify({ message: 'go', model: 'fake/words-2000@20', stream: true });
  const answer = await fetch(`${server}/api/llm/chat/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${access}` },
    body,
  });
  expect(answer.ok).toBe(true);
  await answer.body?.cancel();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'the system' : 'the system without scripts', () => {
    test.use({ javaScriptEnabled, colorScheme: 'light' });

    test('is shown, and an answer of somebody is stopped', async ({ page, person, admin, server, clean }) => {
      if (!javaScriptEnabled) clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
      await signIn(page, admin);
      await begun(server.url, person.access);
      await page.goto(HERE);
      await expect(page.getByRole('heading', { name: 'System', exact: true })).toBeVisible();
      await expect(page.locator('.facts').first()).toContainText(/SQLite \(in order\)/);
      const row = page.getByRole('table', { name: 'Answers that are being written' }).getByRole('row').filter({ hasText: person.name }).first();
      await expect(row).toContainText('fake/words-2000@20');
      await expect(page.getByRole('table', { name: 'Providers' })).toContainText('fake');
      if (javaScriptEnabled) {
        await accessible(page);
        await page.screenshot({ path: 'artifacts/system-light.png', fullPage: true });
      }
      await row.getByRole('button').click();
      await expect(page).toHaveURL(/\/admin\/system/);
      await expect(async () => {
        if (!javaScriptEnabled) await page.goto(HERE);
        await expect(page.getByText('Nothing is being written now.')).toBeVisible({ timeout: 1000 });
      }).toPass({ timeout: 15_000 });
    });
  });
}

test.describe('on a phone, in the dark, in Chinese', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'zh-CN' });

  test('the system fits', async ({ page, admin }) => {
    await signIn(page, admin);
    await page.goto(HERE);
    await expect(page.getByRole('heading', { name: '系统', exact: true })).toBeVisible();
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    expect(wide).toBeLessThanOrEqual(room);
    await accessible(page);
    await page.screenshot({ path: 'artifacts/system-dark-phone-zh.png', fullPage: true });
  });
});
