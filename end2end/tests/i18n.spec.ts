// English and Chinese: by the browser's wish, by choice, everywhere.
import { Chat } from '../fixtures/chat';
import { expect, signIn, test } from '../fixtures/test';

test.describe('a browser that asks for Chinese', () => {
  test.use({ locale: 'zh-CN' });

  test('gets Chinese pages', async ({ page, person }) => {
    await page.goto('/login');
    await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
    await expect(page).toHaveTitle(/欢迎回来/);
    await expect(page.getByLabel('邮箱')).toBeVisible();
    await page.getByRole('link', { name: '注册' }).click();
    await expect(page.getByRole('heading', { name: '创建账号' })).toBeVisible();
    await signIn(page, person);
    const chat = new Chat(page);
    await chat.alive();
    await expect(page.getByRole('heading', { name: 'Mei，想聊点什么？' })).toBeVisible();
    await expect(chat.composer).toHaveAttribute('placeholder', '随便问点什么');
    await chat.ask('你好', 'fake/slow');
    await expect(chat.stop).toBeVisible();
    await expect(chat.composer).toHaveAttribute('placeholder', '可以先写下一个问题');
    await chat.stop.click();
    await expect(chat.answer).toContainText('已停止。');
    await expect(page.getByRole('navigation', { name: '对话' }).getByRole('heading', { name: '今天' })).toBeVisible();
  });

  test('gets its errors in Chinese', async ({ page, person }) => {
    await page.goto('/login');
    await page.getByLabel('邮箱').fill(person.email);
    await page.getByLabel('密码').fill('surely not this');
    await page.getByRole('button', { name: '登录' }).click();
    await expect(page.getByRole('alert')).toHaveText('邮箱与密码不匹配。');
  });
});

test('a chosen language wins over the browser\'s and outlives the session', async ({ chat }) => {
  const { page } = chat;
  await page.getByRole('button', { name: /Account and settings/ }).click();
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await chat.alive();
  await expect(page.getByRole('link', { name: /新对话/ })).toBeVisible();
  await page.getByRole('button', { name: /账号与设置/ }).click();
  await page.getByRole('button', { name: '退出登录' }).click();
  await expect(page.getByRole('heading', { name: '欢迎回来' })).toBeVisible();
});

test('a theme is chosen without loading the page again, and nothing that becomes of the page or of the line loses it', async ({ chat, page, person, browser, server, clean }) => {
  clean.allow(/ERR_FAILED/);
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const told = () => page.waitForResponse((answer) => answer.url().endsWith('/rpc/preference/theme') && answer.ok());
  const light = await paper();
  await page.getByRole('button', { name: /Account and settings/ }).click();
  // The account has chosen the other one first: it goes before what a browser remembers.
  const first = told();
  await page.getByRole('button', { name: 'Light' }).click();
  await first;
  // The page hears of its account's change, and makes the menu anew.
  await chat.open('/');
  await page.evaluate(() => Object.assign(window, { same: true }));
  await page.getByRole('button', { name: /Account and settings/ }).click();
  // What is told of the next choice never arrives, and the page is loaded again at once.
  await page.route('**/rpc/preference/theme', (route) => route.abort());
  await page.getByRole('button', { name: 'Dark' }).click();
  await expect.poll(paper).not.toBe(light);
  const dark = await paper();
  expect(await page.evaluate(() => 'same' in window)).toBe(true);
  await page.reload();
  expect(await paper()).toBe(dark);
  // The next page that reaches the server tells it, so that it holds on every device.
  await page.unroute('**/rpc/preference/theme');
  const second = told();
  await page.reload();
  await second;
  expect(await paper()).toBe(dark);
  await chat.alive();
  const other = await browser.newContext({ colorScheme: 'light' });
  clean.watch(other);
  const there = await other.newPage();
  await signIn(there, person, server.url);
  await expect(there.locator('html')).toHaveAttribute('data-theme', 'dark');
  await other.close();
});
