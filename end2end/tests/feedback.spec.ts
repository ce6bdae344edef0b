// What people think of models, as administrators see it: counted, and no more.
import { converse, register } from '../fixtures/api';
import { inLooks, sound } from '../fixtures/look';
import { Server } from '../fixtures/server';
import { expect, signIn, test } from '../fixtures/test';

const WORDS = {
  'en-US': { page: 'Feedback', apply: 'Apply', all: 'All models', wrong: 'Wrong 1', none: 'Nobody has said anything' },
  'zh-CN': { page: '反馈', apply: '应用', all: '所有模型', wrong: '内容有误 1', none: '没有人评价过' },
} as const;

inLooks(WORDS, ({ scripts, words }) => {
  test('thumbs are counted by model, filtered, and taken as a file', async ({ page }) => {
    const server = new Server();
    await server.start();
    try {
      const [admin, ada] = [await register(server.url, 'Root'), await register(server.url, 'Ada')];
      const headers = { authorization: `Bearer ${ada.access}`, 'content-type': 'application/json' };
      const judge = async (model: string, body: unknown) => {
        const chat = await converse(server.url, ada, 'Judge me', model);
        const list = await (await fetch(`${server.url}/api/llm/messages/?session_id=${chat}`, { headers })).json();
        const id = list.items.find((message: { role: string }) => message.role === 'assistant').id;
        const said = await fetch(`${server.url}/api/llm/messages/${id}/feedback/`, { method: 'PUT', headers, body: JSON.stringify(body) });
        expect(said.status).toBe(200);
      };
      await judge('fake/echo@0', { verdict: 'good' });
      await judge('fake/echo@0', { verdict: 'good' });
      await judge('fake/echo@0', { verdict: 'bad', reason: 'incorrect', note: 'A private word' });
      await judge('fake/markdown@0', { verdict: 'bad' });

      await signIn(page, admin, server.url);
      await page.goto(`${server.url}/admin/reports`);
      await page.locator('.subnav').getByRole('link', { name: words.page }).click();
      await expect(page).toHaveURL(/\/admin\/feedback$/);
      const rows = page.locator('.judged tbody tr');
      await expect(rows).toHaveCount(2);
      await expect(rows.first()).toContainText('67 %');
      await expect(rows.first()).toContainText(words.wrong);
      await expect(page.locator('.judged tfoot')).toContainText(words.all);
      await expect(page.locator('.judged tfoot')).toContainText('50 %');
      await expect(page.getByText('A private word')).toHaveCount(0);
      await expect(page.locator('main').getByText('Ada')).toHaveCount(0);
      await sound(page, 'feedback', scripts);

      await rows.first().getByRole('link').click();
      await expect(rows).toHaveCount(1);
      const file = await page.locator('.pager-files a').first().getAttribute('href');
      const csv = await (await page.request.get(`${server.url}${file}`)).text();
      expect(csv.trim().split('\r\n')).toEqual(['model,verdict,reason,count', 'fake/echo@0,bad,incorrect,1', 'fake/echo@0,good,,2']);
      await page.locator('input[name=from]').fill('2999-01-01');
      await page.getByRole('button', { name: words.apply, exact: true }).click();
      await expect(page.getByText(words.none)).toBeVisible();
    } finally {
      await server.remove();
    }
  });
});
