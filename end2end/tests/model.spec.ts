// Administrators say who may use a model, what it is called and what it costs; people find it so.
import AxeBuilder from '../fixtures/axe';
import type { Locator, Page } from '@playwright/test';
import { register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { expect, signIn, signInContext, test } from '../fixtures/test';

const HERE = '/admin/models';

const row = (page: Page, id: string): Locator => page.getByRole('listitem').filter({ has: page.getByText(id, { exact: true }) });

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`))).toEqual([]);
}

test('a model gets a name, a price and its people; everybody else does not find it', async ({ page, ownServer, browser, clean }) => {
  const ada = await register(ownServer.url, 'Ada');
  const bob = await register(ownServer.url, 'Bob');
  await signIn(page, ada, ownServer.url);
  await new Chat(page).open(`${ownServer.url}${HERE}`);
  await page.getByRole('searchbox').fill('ECHO');
  await page.getByRole('searchbox').press('Enter');
  await expect(row(page, 'fake/echo')).toBeVisible();
  await expect(row(page, 'fake/markdown')).toHaveCount(0);
  await page.getByRole('link', { name: 'Edit fake/echo' }).click();
  await page.getByLabel('Name shown').fill('The Mirror');
  await page.getByLabel('Icon').fill('🪞');
  await page.getByLabel('Only these people').check();
  await page.getByLabel('People', { exact: true }).fill('nobody@example.org');
  await page.getByLabel('Input, $ per million tokens').first().fill('0.25');
  await page.getByLabel('Output, $ per million tokens').fill('2');
  await accessible(page);
  clean.allow(/422/);
  await page.getByRole('button', { name: 'Save' }).click();
  // What is wrong stands at its field, and what was typed stays.
  await expect(page.getByLabel('People', { exact: true })).toHaveAccessibleDescription(/no such|unknown|There is no/i);
  await expect(page.getByLabel('Name shown')).toHaveValue('The Mirror');
  await page.getByLabel('People', { exact: true }).fill(ada.email);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved', { exact: false }).first()).toBeVisible();
  await expect(row(page, 'fake/echo')).toContainText('The Mirror');
  await expect(row(page, 'fake/echo')).toContainText('Only these people');
  await expect(row(page, 'fake/echo')).toContainText('$0.250 in, $2.00 out');
  await accessible(page);
  await new Chat(page).open(`${ownServer.url}/`);
  await expect(new Chat(page).picker.getByRole('option', { name: '🪞 The Mirror' })).toBeAttached();

  const other = await browser.newContext();
  await signInContext(other, bob, ownServer.url);
  const his = await other.newPage();
  await his.goto(`${ownServer.url}/`);
  await expect(new Chat(his).picker.getByRole('option', { name: 'markdown' })).toBeAttached();
  await expect(new Chat(his).picker.getByRole('option', { name: /Mirror|echo/ })).toHaveCount(0);
  await other.close();
});

test.describe('without scripts, in Chinese', () => {
  test.use({ javaScriptEnabled: false, locale: 'zh-CN' });

  test('a model is switched off, the default is set, and what was said is taken back', async ({ page, ownServer, clean }) => {
    clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
    await signIn(page, await register(ownServer.url, 'Ada'), ownServer.url);
    await page.goto(`${ownServer.url}${HERE}?search=markdown`);
    await page.getByRole('link', { name: '编辑 fake/markdown' }).click();
    await page.getByLabel('提供使用').uncheck();
    await page.getByRole('button', { name: '保存' }).click();
    await expect(row(page, 'fake/markdown')).toContainText('未提供');
    await page.getByLabel('新对话', { exact: true }).selectOption('fake/echo');
    await page.locator('#defaults').getByRole('button', { name: '保存' }).click();
    await expect(page.getByLabel('新对话', { exact: true })).toHaveValue('fake/echo');
    await page.getByRole('link', { name: '编辑 fake/markdown' }).click();
    await page.getByRole('button', { name: '恢复为服务商所列' }).click();
    await expect(row(page, 'fake/markdown')).not.toContainText('未提供');
  });
});
