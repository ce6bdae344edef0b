// Background jobs and the server's own backups on /admin/system: what was given up is tried again, what waits is cancelled.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '../fixtures/axe';
import type { Page } from '@playwright/test';
import { register } from '../fixtures/api';
import { Server } from '../fixtures/server';
import { expect, signIn, test } from '../fixtures/test';

const HERE = '/admin/system';

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`))).toEqual([]);
}

for (const [name, look] of Object.entries({
  'with scripts': { locale: 'en-US' },
  'without scripts': { locale: 'en-US', javaScriptEnabled: false },
  'on a phone, in Chinese, in the dark': { locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
} as const)) {
  test.describe(name, () => {
    test.use(look);

    test('jobs are tried again and cancelled, and the last backup is told', async ({ page, clean }) => {
      const scripts = !('javaScriptEnabled' in look);
      if (!scripts) clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
      const backups = mkdtempSync(join(tmpdir(), 'liao-backups-'));
      const server = new Server({ LIAO_BACKUP_DIR: backups, LIAO_BACKUP_PASSPHRASE: 'a passphrase of many words', LIAO_BACKUP_KEEP: '2' });
      await server.start();
      try {
        const admin = await register(server.url, 'Ada');
        await signIn(page, admin, server.url);
        server.addJob('statistics', 'failed', 'the disk was full');
        server.addJob('sweep', 'queued', 'an earlier failure');
        await page.goto(`${server.url}${HERE}`);
        const failed = page.getByRole('row').filter({ hasText: 'the disk was full' });
        const waiting = page.getByRole('row').filter({ hasText: 'an earlier failure' });
        await expect(failed).toBeVisible();
        await expect(waiting).toBeVisible();
        const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        expect(wide).toBeLessThanOrEqual(room);
        if (scripts) await accessible(page);
        await failed.scrollIntoViewIfNeeded();
        await page.screenshot({ path: `artifacts/jobs-${name.replaceAll(/\W+/g, '-')}.png` });
        await failed.getByRole('button', { name: /^(Try again|重试)/ }).click();
        await expect(page).toHaveURL(/\/admin\/system/);
        await expect(async () => {
          await page.goto(`${server.url}${HERE}`);
          await expect(failed).toHaveCount(0, { timeout: 500 });
        }).toPass({ timeout: 15_000 });
        await waiting.getByRole('button', { name: /^(Cancel|取消)/ }).click();
        await expect(page).toHaveURL(/\/admin\/system/);
        await expect(waiting).toHaveCount(0);
        // The first backup was made by itself.
        await expect(async () => {
          await page.goto(`${server.url}${HERE}`);
          await expect(page.locator('.facts code').filter({ hasText: /^liao-\d{8}T\d{6}Z\.liao$/ })).toBeVisible({ timeout: 500 });
        }).toPass({ timeout: 30_000 });
        expect(readdirSync(backups).filter((file) => file.endsWith('.liao'))).toHaveLength(1);
        await page.goto(`${server.url}/admin/activity`);
        await expect(page.getByRole('row').filter({ hasText: /Background job|后台任务/ }).first()).toBeVisible();
      } finally {
        await server.remove();
        rmSync(backups, { recursive: true, force: true });
      }
    });
  });
}
