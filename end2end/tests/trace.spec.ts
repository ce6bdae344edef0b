// The server's own log and the trace of an answer, as administrators read them.
import { converse, register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { inLooks, sound } from '../fixtures/look';
import { Server } from '../fixtures/server';
import { expect, signIn, test } from '../fixtures/test';

const WORDS = {
  'en-US': { apply: 'Apply', live: 'Follow', stop: 'Stop following', stage: 'First word waited for', trace: "its answer's trace", saved: 'Saved', lines: 'Logs' },
  'zh-CN': { apply: '应用', live: '实时跟踪', stop: '停止跟踪', stage: '等待首字', trace: '回答的追踪', saved: '已保存', lines: '日志' },
} as const;

inLooks(WORDS, ({ scripts, words }) => {
  test('a failed answer is found in the log, and how it came about', async ({ page }) => {
    const server = new Server({ LIAO_LOG: 'liao=info,warn' });
    await server.start();
    try {
      const admin = await register(server.url, 'Root');
      await converse(server.url, admin, 'My secret question', 'fake/fail-auth').catch(() => undefined);
      await signIn(page, admin, server.url);
      await page.goto(`${server.url}/admin/logs`);
      if (scripts) await new Chat(page).alive();
      await page.locator('select[name=level]').selectOption('warn');
      if (!scripts) await page.locator('form.filters button[type=submit]').click();
      await expect(page).toHaveURL(/level=warn/);
      const line = page.getByRole('row').filter({ hasText: 'the provider failed' }).first();
      await expect(line).toBeVisible();
      await expect(page.locator('main').getByText('My secret question')).toHaveCount(0);
      await sound(page, 'logs', scripts);

      // What is logged now is there at once, or when the page has loaded itself again.
      await page.getByRole('link', { name: words.live, exact: true }).click();
      await expect(page.getByRole('link', { name: words.stop })).toBeVisible();
      const before = await page.getByRole('row').filter({ hasText: 'the provider failed' }).count();
      await converse(server.url, admin, 'Another question', 'fake/fail-auth').catch(() => undefined);
      await expect.poll(() => page.getByRole('row').filter({ hasText: 'the provider failed' }).count(), { timeout: 12_000 }).toBeGreaterThan(before);
      await page.getByRole('link', { name: words.stop }).click();

      await line.getByRole('link', { name: words.trace }).click();
      await expect(page).toHaveURL(/\/admin\/traces\//);
      await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
      await expect(page.locator('.trace-bar').first()).toBeVisible();
      await page.goto(`${server.url}/admin/calls`);
      await page.getByRole('link', { name: words.trace }).first().click();
      await expect(page).toHaveURL(/\/admin\/traces\//);
      await sound(page, 'trace', scripts);
      await page.locator('.facts').getByRole('link', { name: words.lines }).click();
      await expect(page).toHaveURL(/\/admin\/logs\?generation=/);
      await expect(page.getByRole('row').filter({ hasText: 'the provider failed' })).toHaveCount(1);

      await page.locator('#mb').fill('4');
      await page.locator('form[action="/rpc/log/settings"] button[type=submit]').click();
      await expect(page.locator('.wrong')).toBeVisible();
      await page.locator('#mb').fill('32');
      await page.locator('form[action="/rpc/log/settings"] button[type=submit]').click();
      await expect(page.locator('.saved')).toContainText(words.saved);
      await expect(page.locator('#mb')).toHaveValue('32');
    } finally {
      await server.remove();
    }
  });
});
