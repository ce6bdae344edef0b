// Administrators look after other people's conversations, reports of abuse and alerts; what they open is told to its owner.
import { createServer, type Server as Hook } from 'node:http';
import type { AddressInfo } from 'node:net';
import { converse, register } from '../fixtures/api';
import { inLooks, sound } from '../fixtures/look';
import { Server } from '../fixtures/server';
import { expect, signIn, test } from '../fixtures/test';

const WORDS = {
  'en-US': { report: 'Report', hate: 'Hate or harassment', look: /^Look at/, open: 'Open the chat', opened: 'Chat opened by an administrator', gone: 'Delete for good', dismiss: 'Dismiss', addChannel: 'Add a channel', addRule: 'Add a rule', save: 'Save', test: /^Test: /, tested: 'It was taken.', silence: 'Silence', speak: /^End the silence/, now: 'MiB are free', taken: 'taken' },
  'zh-CN': { report: '举报', hate: '仇恨或骚扰', look: /^查看 /, open: '打开对话', opened: '管理员查看了对话', gone: '永久删除', dismiss: '驳回', addChannel: '添加渠道', addRule: '添加规则', save: '保存', test: /^测试: /, tested: '对方已接收。', silence: '静默', speak: /^结束静默/, now: '磁盘剩余', taken: '已接收' },
} as const;

/** Somebody who takes webhooks. */
async function hook(): Promise<{ url: string; taken: string[]; server: Hook }> {
  const taken: string[] = [];
  const server = createServer((request, answer) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      taken.push(body);
      answer.end('ok');
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/x`, taken, server };
}

inLooks(WORDS, ({ look, scripts, words }) => {
  test('a reported chat is opened with a reason that its owner reads, and deleted', async ({ page, browser, clean }) => {
    const server = new Server();
    await server.start();
    try {
      const [admin, owner] = [await register(server.url, 'Root'), await register(server.url, 'Ada')];
      const chat = await converse(server.url, owner, 'A private question', 'fake/echo@0');
      const context = await browser.newContext({ ...look, baseURL: server.url });
      clean.watch(context);
      const theirs = await context.newPage();
      await signIn(theirs, owner, server.url);
      await theirs.goto(`${server.url}/settings/report?chat=${chat}`);
      await sound(theirs, 'report', scripts);
      await theirs.getByRole('radio', { name: words.hate }).check();
      await theirs.getByRole('button', { name: words.report, exact: true }).click();
      await expect(theirs).toHaveURL(/\/settings\/report\?sent=1/);

      await signIn(page, admin, server.url);
      await page.goto(`${server.url}/admin/messages`);
      await expect(page.getByRole('link', { name: 'Ada', exact: true })).toBeVisible();
      await expect(page.getByText('A private question')).toHaveCount(0);
      await sound(page, 'messages', scripts);
      await page.goto(`${server.url}/admin/reports?state=open`);
      await sound(page, 'reports', scripts);
      await page.getByRole('link', { name: words.look }).click();
      await page.locator('textarea[name=reason]').fill('The report of today');
      await page.getByRole('button', { name: words.open, exact: true }).click();
      await expect(page.locator('.inspected .bubble')).toHaveText('A private question');
      await sound(page, 'inspected', scripts);

      await theirs.goto(`${server.url}/settings/activity`);
      const told = theirs.getByRole('row').filter({ hasText: words.opened });
      await expect(told).toContainText('The report of today');

      await page.locator('details.panel > summary').click();
      await page.locator('#erase-reason').fill('It was reported');
      await page.getByRole('button', { name: words.gone, exact: true }).click();
      await expect(page).toHaveURL(/\/admin\/messages\?saved=1/);
      clean.allow(/404/);
      expect((await theirs.goto(`${server.url}/chat/${chat}`))?.status()).toBe(404);
      await context.close();
    } finally {
      await server.remove();
    }
  });

  test('a rule is told to a channel, tested and silenced', async ({ page }) => {
    const server = new Server();
    const { url, taken, server: listening } = await hook();
    await server.start();
    try {
      await signIn(page, await register(server.url, 'Root'), server.url);
      await page.goto(`${server.url}/admin/alerts`);
      await page.getByRole('link', { name: words.addChannel }).click();
      await page.locator('#channel-kind').selectOption('slack');
      await page.locator('#name').fill('Operations');
      await page.locator('#target').fill(url);
      await page.getByRole('button', { name: words.save }).click();
      await expect(page.locator('#target-error')).toBeVisible();
      await sound(page, 'alerts-form', scripts);
      await page.locator('#channel-kind').selectOption('slack');
      await page.locator('#name').fill('Operations');
      await page.locator('#target').fill(url);
      await page.locator('input[name=private]').check();
      await page.getByRole('button', { name: words.save }).click();
      await page.getByRole('button', { name: words.test }).click();
      await expect(page.getByText(words.tested)).toBeVisible();
      expect(taken).toHaveLength(1);

      await page.getByRole('link', { name: words.addRule }).click();
      await page.locator('#alert-kind').selectOption('disk');
      await page.locator('#threshold').fill('1000000000');
      await page.getByRole('button', { name: words.save }).click();
      await expect(page).toHaveURL(/saved=1/);
      await expect(async () => {
        await page.goto(`${server.url}/admin/alerts`);
        await expect(page.locator('.alert-told')).toContainText(words.taken, { timeout: 500 });
      }).toPass({ timeout: 100_000, intervals: [2_000] });
      await expect(page.getByText(words.now).first()).toBeVisible();
      expect(taken).toHaveLength(2);
      await page.getByRole('button', { name: words.silence, exact: true }).click();
      await expect(page.getByRole('button', { name: words.speak })).toBeVisible();
      await sound(page, 'alerts', scripts);
    } finally {
      listening.close();
      await server.remove();
    }
  });
});
