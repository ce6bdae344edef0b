// How the server is run: what everybody is told above every page, what is switched off, and who gets in while it is being maintained.
import { converse, register } from '../fixtures/api';
import { inLooks, sound } from '../fixtures/look';
import { Server } from '../fixtures/server';
import { expect, signIn, test } from '../fixtures/test';

const HERE = '/admin/operation';
const WORDS = {
  'en-US': { add: 'Announce something', save: 'Save', told: 'We move on Sunday', dismiss: 'Got it', closed: 'Under maintenance', out: 'Sign out', way: 'Sign in as an administrator', banner: 'Maintenance mode is on', remove: /^Remove: / },
  'zh-CN': { add: '发布公告', save: '保存', told: '周日搬家', dismiss: '知道了', closed: '正在维护', out: '退出登录', way: '管理员登录', banner: '维护模式已开启', remove: /^移除: / },
} as const;

inLooks(WORDS, ({ look, scripts, words }) => {
  test('announced, switched off, closed, and open again', async ({ page, browser, clean }) => {
    clean.allow(/503/);
    const server = new Server();
    await server.start();
    try {
      const [admin, member] = [await register(server.url, 'Root'), await register(server.url, 'Ada')];
      const chat = await converse(server.url, member, 'A question', 'fake/echo@0');
      const context = await browser.newContext({ ...look, baseURL: server.url });
      clean.watch(context);
      const theirs = await context.newPage();

      // An announcement, in two languages.
      await signIn(page, admin, server.url);
      await page.goto(`${server.url}${HERE}`);
      await page.getByRole('link', { name: words.add }).click();
      await page.locator('select[name=level]').selectOption('warning');
      await page.locator('#text_en').fill('**We move** on Sunday');
      await page.locator('#text_zh_cn').fill('**周日**搬家');
      await page.locator('form[action="/rpc/operation/announce"] button[type=submit]').click();
      await expect(page).toHaveURL(/saved=1/);
      const notice = page.locator('#notices .notice');
      await expect(notice).toContainText(words.told);
      await sound(page, 'operation', scripts);
      await theirs.goto(`${server.url}/login`);
      await expect(theirs.locator('#notices .notice')).toContainText(words.told);
      await expect(theirs.locator('#notices button')).toHaveCount(0);
      await signIn(theirs, member, server.url);
      await theirs.goto(`${server.url}/chat/${chat}`);
      await expect(theirs.locator('#notices .notice')).toContainText(words.told);
      await sound(theirs, 'announced', scripts);
      const composer = await theirs.locator('#composer').boundingBox();
      expect(composer!.y + composer!.height, 'the composer stays in the window').toBeLessThanOrEqual(look.locale === 'zh-CN' ? 844 : 860);
      await theirs.getByRole('button', { name: words.dismiss }).click();
      await expect(theirs.locator('#notices .notice')).toHaveCount(0);
      await theirs.goto(`${server.url}/chat/${chat}`);
      await expect(theirs.locator('#composer')).toBeVisible();
      await expect(theirs.locator('#notices .notice')).toHaveCount(0);

      // Two switches.
      await theirs.goto(`${server.url}/settings/shares?chat=${chat}`);
      await expect(theirs.locator('form#share')).toBeVisible();
      await page.locator('input[value=sharing]').uncheck();
      await page.locator('input[value=imports]').uncheck();
      await page.locator('#features button[type=submit]').click();
      await expect(page).toHaveURL(/saved=1/);
      await expect(page.locator('input[value=sharing]')).not.toBeChecked();
      await theirs.reload();
      await expect(theirs.locator('section[aria-labelledby=save]')).toBeVisible();
      await expect(theirs.locator('form#share')).toBeHidden();
      await theirs.goto(`${server.url}/settings/data`);
      await expect(theirs.locator('a[href="/settings/import"]')).toBeHidden();

      // Maintenance.
      await page.locator('#maintenance input[name=on]').check();
      await page.locator('#maintenance button[type=submit]').click();
      await expect(page.locator('#notices .notice').first()).toContainText(words.banner);
      const answer = await theirs.goto(`${server.url}/chat/${chat}`);
      expect([answer!.status(), answer!.headers()['retry-after']]).toEqual([503, '300']);
      await expect(theirs.getByRole('heading', { name: words.closed })).toBeVisible();
      await sound(theirs, 'maintenance', scripts);
      await theirs.getByRole('button', { name: words.out }).click();
      await theirs.goto(`${server.url}/`);
      await theirs.getByRole('link', { name: words.way }).click();
      await expect(theirs.locator('input[name=password]')).toBeVisible();
      await page.goto(`${server.url}${HERE}`);
      await page.locator('#maintenance input[name=on]').uncheck();
      await page.locator('#maintenance button[type=submit]').click();
      await expect(page.locator('#notices .notice')).toHaveCount(1);
      await page.getByRole('button', { name: words.remove }).click();
      await expect(page.locator('#notices .notice')).toHaveCount(0);
      await signIn(theirs, member, server.url);
      await theirs.goto(`${server.url}/chat/${chat}`);
      await expect(theirs.locator('#composer')).toBeVisible();
      await context.close();
    } finally {
      await server.remove();
    }
  });
});
