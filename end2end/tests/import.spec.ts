// Conversations from elsewhere: a file is sent, looked through, confirmed; the second time everything is there already.
import AxeBuilder from '../fixtures/axe';
import { join } from 'node:path';
import { register } from '../fixtures/api';
import { expect, signIn, test } from '../fixtures/test';

const FILE = join(__dirname, '../../src/server/import/tests/chatgpt.json');
const WORDS = {
  'en-US': { way: 'Import conversations', file: 'ZIP or JSON file', send: 'Send and look', take: 'Import 2 conversations', done: '2 conversations were imported.', nothing: 'There is nothing new in this file.', discard: 'Discard', wrong: /Choose the ZIP file/ },
  'zh-CN': { way: '导入对话', file: 'ZIP 或 JSON 文件', send: '上传并预览', take: '导入 2 个对话', done: '已导入 2 个对话。', nothing: '此文件中没有新的对话。', discard: '放弃', wrong: /请选择导出的 ZIP 文件/ },
} as const;

for (const [name, look] of Object.entries({
  'with scripts': { locale: 'en-US' },
  'without scripts, on a phone, in Chinese, in the dark': { locale: 'zh-CN', javaScriptEnabled: false, colorScheme: 'dark', viewport: { width: 390, height: 844 } },
} as const)) {
  test.describe(name, () => {
    test.use(look);

    test('conversations are looked at, taken, and there the second time', async ({ page, server, clean }) => {
      const words = WORDS[look.locale];
      const scripts = !('javaScriptEnabled' in look);
      if (!scripts) clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
      const shot = (step: string) => page.screenshot({ path: `artifacts/import-${step}-${look.locale}.png`, fullPage: true });
      // What is being done goes on by itself where there is a script; else the page is loaded again.
      const comes = async (text: string | RegExp) => {
        await expect(async () => {
          if (!scripts) await page.goto('/settings/import');
          await expect(page.getByText(text).first()).toBeVisible({ timeout: scripts ? 10_000 : 500 });
        }).toPass({ timeout: 20_000 });
      };
      await signIn(page, await register(server.url, 'Ada'));
      await page.goto('/settings/data');
      await page.getByRole('link', { name: words.way }).click();
      await expect(page).toHaveURL(/\/settings\/import$/);

      await page.getByLabel(words.file).setInputFiles({ name: 'notes.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') });
      await page.getByRole('button', { name: words.send }).click();
      await expect(page.getByRole('alert')).toHaveText(words.wrong);

      await page.getByLabel(words.file).setInputFiles(FILE);
      await page.getByRole('button', { name: words.send }).click();
      await comes(words.take);
      await expect(page.getByText('Tides and the moon')).toBeVisible();
      const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      expect(wide).toBeLessThanOrEqual(room);
      if (scripts) expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([]);
      await shot('preview');
      await page.getByRole('button', { name: words.take }).click();
      await comes(words.done);
      await shot('report');

      await page.getByLabel(words.file).setInputFiles(FILE);
      await page.getByRole('button', { name: words.send }).click();
      await comes(words.nothing);
      await expect(page.getByRole('button', { name: words.take })).toHaveCount(0);
      await page.getByRole('button', { name: words.discard }).click();
      await expect(page.getByText(words.nothing)).toHaveCount(0);

      await page.goto('/chats/archived');
      await page.locator('main').getByRole('link', { name: 'Tides and the moon' }).click();
      await expect(page.locator('.answer').last()).toContainText('It is 2.');
    });
  });
}
