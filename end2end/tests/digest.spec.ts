// Reports of usage: chosen on a page, looked at and taken as a PDF, and by mail when a week is over, to a real mail server, with a link that ends them.
import { converse, register } from '../fixtures/api';
import { inLooks, sound } from '../fixtures/look';
import { MailServer } from '../fixtures/mail';
import { Server } from '../fixtures/server';
import { expect, signIn, test } from '../fixtures/test';

const WORDS = {
  'en-US': {
    tag: 'en', panel: 'Reports by mail', own: 'My usage', server: 'Everybody on this server', week: 'Every week', save: 'Save', preview: /^Preview: My usage, Week/,
    pdf: /^Download PDF: My usage, Week/, subject: /^Your week: /, all: /^The server's week: /, answers: 'Answers', stop: 'Stop these mails', stopped: 'These mails have ended', unknown: 'This link leads nowhere',
  },
  'zh-CN': {
    tag: 'zh-CN', panel: '邮件报告', own: '我的用量', server: '此服务器的所有人', week: '每周', save: '保存', preview: /^预览: 我的用量, 周报/,
    pdf: /^下载 PDF: 我的用量, 周报/, subject: /^您的用量周报：/, all: /^服务器周报：/, answers: '回答', stop: '停止发送', stopped: '已停止发送', unknown: '此链接无效',
  },
} as const;

inLooks(WORDS, ({ scripts, words }) => {
  test('a report is chosen, seen, comes by mail when its week is over, and is ended by its link', async ({ page, clean }) => {
    test.slow();
    clean.allow(/404/);
    const mails = new MailServer();
    await mails.start();
    const server = new Server({ LIAO_SMTP_URL: mails.url, LIAO_MAIL_FROM: 'Liao <liao@example.org>' });
    await server.start();
    try {
      const admin = await register(server.url, 'Root');
      const headers = { authorization: `Bearer ${admin.access}`, 'content-type': 'application/json' };
      await fetch(`${server.url}/api/users/me/`, { method: 'PATCH', headers, body: JSON.stringify({ language: words.tag }) });
      for (const model of ['fake/words-20@0', 'fake/words-7@0']) await converse(server.url, admin, 'go', model);
      await signIn(page, admin, server.url);
      await page.goto(`${server.url}/settings/usage`);
      const panel = page.getByRole('region', { name: words.panel });
      const own = panel.getByRole('group', { name: words.own }).getByLabel(words.week);
      const all = panel.getByRole('group', { name: words.server }).getByLabel(words.week);
      await expect(own).not.toBeChecked();
      await own.check();
      await all.check();
      await panel.getByRole('button', { name: words.save }).click();
      await expect(panel.locator('.saved')).toBeVisible();
      await expect(own).toBeChecked();
      await expect(all).toBeChecked();
      await sound(page, `reports-${words.tag}`, scripts);

      // As if all of it had been a week ago.
      await server.stop();
      server.weekAgo();
      await server.start();
      const mail = await mails.to(admin.email, words.subject);
      expect(mail.html).toContain('words-20@0');
      expect(mail.text).toContain(`${words.answers}: 2`);
      expect(mail.files.map(({ name, type }) => [name.replace(/\d{4}-\d\d-\d\d/, 'DAY'), type])).toEqual([['liao-usage-week-DAY.pdf', 'application/pdf']]);
      expect(Buffer.from(mail.files[0]!.bytes, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
      const stop = mail.stop!.replace(/^<|>$/g, '');
      expect(mail.text).toContain(stop);
      await mails.to(admin.email, words.all);

      await page.goto(`${server.url}/settings/usage`);
      const shown = await page.request.get(`${server.url}${await panel.getByRole('link', { name: words.pdf }).getAttribute('href')}`);
      expect([shown.status(), shown.headers()['content-type']]).toEqual([200, 'application/pdf']);
      await panel.getByRole('link', { name: words.preview }).click();
      await expect(page.getByRole('heading', { name: words.subject, level: 1 })).toBeVisible();
      const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      expect(wide).toBeLessThanOrEqual(room!);
      await page.screenshot({ path: `artifacts/report-${words.tag}${scripts ? '' : '-dark-phone'}.png`, fullPage: true });

      await page.goto(stop);
      await sound(page, `unsubscribe-${words.tag}`, scripts);
      await page.getByRole('button', { name: words.stop }).click();
      await expect(page.getByRole('heading', { name: words.stopped })).toBeVisible();
      await page.goto(`${server.url}/settings/usage`);
      await expect(own).not.toBeChecked();
      await expect(all).toBeChecked();
      // A mail program's own way, and a link that was not copied whole.
      const oneClick = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'List-Unsubscribe=One-Click' };
      expect((await fetch(stop, oneClick)).status).toBe(200);
      expect((await page.goto(stop.slice(0, -4)))!.status()).toBe(404);
      await expect(page.getByRole('heading', { name: words.unknown })).toBeVisible();
    } finally {
      await server.remove();
      mails.stop();
    }
  });
});
