// Administration of people, and the security log: pages, keys, files, phones, and without scripts.
import AxeBuilder from '../fixtures/axe';
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { PASSWORD, type Person, register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { type Server } from '../fixtures/server';
import { expect, signIn, signInContext, test as base } from '../fixtures/test';

interface House {
  server: Server;
  ada: Person;
}

const test = base.extend<{ house: House; people: Page }>({
  // A server of this test alone whose administrator is Ada.
  house: async ({ ownServer }, use) => use({ server: ownServer, ada: await register(ownServer.url, 'Ada') }),
  people: async ({ page, house }, use) => {
    await signIn(page, house.ada, house.server.url);
    await use(page);
  },
});

/** Accounts by the API, which needs no page. */
async function fill({ server, ada }: House, names: string[], password?: string): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const name of names) {
    const answer = await fetch(`${server.url}/api/users/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.access}` },
      body: JSON.stringify({ email: `${name.toLowerCase().replaceAll(' ', '.')}@example.org`, name, password }),
    });
    expect(answer.status, await answer.clone().text()).toBe(201);
    ids[name] = ((await answer.json()) as { id: string }).id;
  }
  return ids;
}

function row(page: Page, name: string) {
  return page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
}

async function names(page: Page): Promise<string[]> {
  return page.locator('[data-row] a[data-open]').allTextContents();
}

async function accessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(
    grave.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`)),
    what,
  ).toEqual([]);
}

test('people are searched, filtered, sorted and read page by page, and the address says it', async ({ people: page, house }) => {
  await fill(house, ['Grace Hopper', 'Grace Kelly', 'Zoe', ...Array.from({ length: 55 }, (_, i) => `Crowd ${i}`)]);
  await new Chat(page).open(`${house.server.url}/admin/users`);
  await expect(page.locator('[data-row]')).toHaveCount(50);
  await page.getByRole('link', { name: 'More', exact: true }).click();
  await expect(page.locator('[data-row]')).toHaveCount(9);
  await expect(page).toHaveURL(/after=/);
  await page.getByRole('link', { name: 'Back to the first page' }).click();
  await expect(page.locator('[data-row]')).toHaveCount(50);

  await page.getByRole('searchbox').fill('grace');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\?search=grace&sort=newest$|\?search=grace/);
  await expect.poll(() => names(page)).toEqual(['Grace Kelly', 'Grace Hopper']);
  await page.getByLabel('Sort by').selectOption('Name');
  await expect.poll(() => names(page)).toEqual(['Grace Hopper', 'Grace Kelly']);
  await page.goBack();
  await expect.poll(() => names(page)).toEqual(['Grace Kelly', 'Grace Hopper']);
  await page.getByRole('link', { name: 'Clear' }).click();
  await page.getByLabel('Role').selectOption('Administrator');
  await expect.poll(() => names(page)).toEqual(['Ada']);
  // The address is the state: the same from the server.
  await page.reload();
  await expect.poll(() => names(page)).toEqual(['Ada']);
  await expect(page.getByLabel('Role')).toHaveValue('admin');
  await page.getByRole('link', { name: 'Clear' }).click();
  await page.getByRole('link', { name: 'Person', exact: true }).click();
  await expect.poll(async () => (await names(page))[0]).toBe('Ada');
});

test('several are locked and unlocked at once, after a question', async ({ people: page, house }) => {
  await fill(house, ['Bea', 'Carl']);
  await new Chat(page).open(`${house.server.url}/admin/users`);
  await page.getByRole('checkbox', { name: 'Select Bea' }).check();
  await page.getByRole('checkbox', { name: 'Select Carl' }).check();
  await page.getByRole('checkbox', { name: 'Select Ada' }).check();
  await expect(page.getByText('3 selected')).toBeVisible();
  await page.getByLabel('With the selected:').selectOption('Lock');
  await page.getByRole('button', { name: 'Do it' }).click();
  const dialog = page.getByRole('dialog', { name: 'Lock 3 accounts?' });
  await dialog.getByRole('button', { name: 'Lock' }).click();
  await expect(page.getByText(/Done for 2, refused for 1/)).toBeVisible();
  await expect(row(page, 'Bea')).toContainText('Locked');
  await expect(row(page, 'Ada')).toContainText('Active');
  await page.getByLabel('State').selectOption('Locked');
  await expect.poll(() => names(page)).toEqual(['Carl', 'Bea']);
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
  await page.getByLabel('With the selected:').selectOption('Unlock');
  await page.getByRole('button', { name: 'Do it' }).click();
  await expect(page.getByText('Nobody fits.')).toBeVisible();
});

test('an account is made, changed, signed out everywhere and deleted', async ({ people: page, house, browser, clean }) => {
  const { url } = house.server;
  await new Chat(page).open(`${url}/admin/users`);
  await page.getByRole('link', { name: 'New account' }).click();
  await page.getByLabel('E-mail').first().fill('bea@example.org');
  await page.getByLabel('Name').fill('Bea');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Make account' }).click();
  await expect(page.getByRole('heading', { name: 'Bea' })).toBeVisible();

  // The page that is signed out tries to keep its line to the server.
  clean.allow(/WebSocket connection to .* failed/);
  const other = await browser.newContext();
  clean.watch(other);
  await signInContext(other, { email: 'bea@example.org' }, url);
  const there = await other.newPage();
  await there.goto(`${url}/settings/profile`);
  await expect(there).toHaveURL(/^[^?]+\/settings\/profile$/);
  await page.reload();
  await expect(page.locator('.facts')).toContainText(/Signed-in browsers\s*1/);
  await new Chat(page).alive();
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page.locator('.facts')).toContainText(/Signed-in browsers\s*0/);
  await there.goto(`${url}/settings/profile`);
  await expect(there).toHaveURL(/\/login/);
  await other.close();

  await page.getByLabel('Role').selectOption('Administrator');
  await page.getByRole('button', { name: 'Change' }).click();
  await expect(page.locator('.person-tags')).toContainText('Administrator');
  await page.getByRole('link', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.locator('.person-tags')).toContainText('Will be erased');
  await page.getByRole('button', { name: 'Call the deletion off' }).click();
  await expect(page.locator('.person-tags')).toContainText('Active');
});

test('what is wrong with a new account stands under its fields, and what was typed stays', async ({ people: page, house, clean }) => {
  clean.allow(/422/);
  await new Chat(page).open(`${house.server.url}/admin/users/new`);
  await page.getByLabel('E-mail').first().fill(house.ada.email);
  await page.getByRole('button', { name: 'Make account' }).click();
  await expect(page.getByLabel('E-mail').first()).toHaveAccessibleDescription('Somebody has this already.');
  await expect(page.getByLabel('E-mail').first()).toHaveValue(house.ada.email);
});

test('keys move, select, search and open', async ({ people: page, house }) => {
  await fill(house, ['Bea', 'Carl']);
  await new Chat(page).open(`${house.server.url}/admin/users`);
  await page.keyboard.press('j');
  await expect(page.getByRole('link', { name: 'Carl', exact: true })).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await expect(page.getByRole('checkbox', { name: 'Select Bea' })).toBeChecked();
  await expect(page.getByText('1 selected')).toBeVisible();
  await page.keyboard.press('k');
  await expect(page.getByRole('link', { name: 'Carl', exact: true })).toBeFocused();
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  // Where something is typed, keys are letters.
  await page.keyboard.type('bjx');
  await expect(page.getByRole('searchbox')).toHaveValue('bjx');
  await page.getByRole('searchbox').fill('bea');
  await page.keyboard.press('Enter');
  await expect.poll(() => names(page)).toEqual(['Bea']);
  await page.getByRole('searchbox').blur();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Bea' })).toBeVisible();
});

/** The text of a file in a ZIP archive, read by its table of contents. */
function unzip(archive: Buffer, name: string): string {
  for (let at = 0; (at = archive.indexOf('PK\x01\x02', at, 'latin1')) >= 0; at += 4) {
    const length = archive.readUInt16LE(at + 28);
    if (archive.toString('utf8', at + 46, at + 46 + length) !== name) continue;
    const [packed, begin] = [archive.readUInt32LE(at + 20), archive.readUInt32LE(at + 42)];
    const data = begin + 30 + archive.readUInt16LE(begin + 26) + archive.readUInt16LE(begin + 28);
    return inflateRawSync(archive.subarray(data, data + packed)).toString('utf8');
  }
  throw new Error(`no ${name} in the archive`);
}

test('the list leaves as CSV, JSON and a workbook, with its filters', async ({ people: page, house }) => {
  await fill(house, ['Grace Hopper', '王小明', '=1+1']);
  await new Chat(page).open(`${house.server.url}/admin/users`);
  const file = async (name: string) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).click()]);
    return readFileSync(await download.path());
  };
  const csv = (await file('CSV')).toString('utf8');
  expect(csv.split('\r\n')[0]).toMatch(/^id,email,name,role,/);
  expect(csv).toContain(",'=1+1,");
  const json = JSON.parse((await file('JSON')).toString('utf8')) as { name: string }[];
  expect(json.map(({ name }) => name)).toEqual(['=1+1', '王小明', 'Grace Hopper', 'Ada']);
  await page.getByRole('searchbox').fill('小明');
  await page.keyboard.press('Enter');
  await expect.poll(() => names(page)).toEqual(['王小明']);
  const sheet = unzip(await file('XLSX'), 'xl/worksheets/sheet1.xml');
  expect(sheet).toContain('王小明');
  expect(sheet).not.toContain('Grace');
});

test('the log tells administrators everything and everybody their own', async ({ people: page, house, browser, clean }) => {
  const { url } = house.server;
  await fill(house, ['Bea'], PASSWORD);
  const refused = await fetch(`${url}/api/auth/login/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'bea@example.org', password: 'surely not this' }),
  });
  expect(refused.status).toBe(401);
  await new Chat(page).open(`${url}/admin/activity`);
  await page.getByLabel('Result').selectOption('Refused');
  await expect(page.getByRole('row', { name: /Signed in.*wrong password.*Bea/ })).toBeVisible();
  await expect(page).toHaveURL(/result=refused/);
  await page.getByRole('textbox', { name: 'Account' }).fill('bea@example.org');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByLabel('Result').selectOption('Any');
  await expect(page.getByRole('row', { name: /Account made by an administrator/ })).toBeVisible();
  await page.getByLabel('IP address').fill('nowhere');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByRole('alert')).toHaveText('This does not have the expected form.');
  await accessible(page, 'log');

  const other = await browser.newContext({ locale: 'zh-CN' });
  clean.watch(other);
  const there = await other.newPage();
  await signIn(there, { email: 'bea@example.org' }, url);
  await new Chat(there).open(`${url}/settings/activity`);
  await expect(there.getByRole('row', { name: /登录.*密码错误.*被拒绝/ })).toBeVisible();
  await expect(there.getByRole('row', { name: /管理员查看了活动记录.*Ada/ }).first()).toBeVisible();
  await expect(there.getByRole('row', { name: /使用密码/ })).toContainText('127.0.0.1');
  await there.screenshot({ path: 'artifacts/activity-own-zh.png' });
  await other.close();
  clean.allow(/422/);
});

test.describe('in Chinese', () => {
  test.use({ locale: 'zh-CN' });

  test('用户的搜索、筛选、批量锁定与导出，活动记录，以及对两步验证的要求', async ({ people: page, house, browser, clean }) => {
    const { url } = house.server;
    await fill(house, ['王小明', '李雷'].map((name, i) => `${name} ${i}`), PASSWORD);
    await new Chat(page).open(`${url}/admin/users`);
    await page.getByRole('searchbox').fill('小明');
    await page.keyboard.press('Enter');
    await expect.poll(() => names(page)).toEqual(['王小明 0']);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV', exact: true }).click()]);
    expect(readFileSync(await download.path(), 'utf8')).toContain('王小明 0');
    await page.getByRole('link', { name: '清除' }).click();
    // A row that is checked before the other list is there would be shown anew, unchecked.
    await expect.poll(() => names(page)).toContain('李雷 1');
    await page.getByRole('checkbox', { name: '选择 王小明 0' }).check();
    await page.getByRole('checkbox', { name: '选择 李雷 1' }).check();
    await page.getByLabel('对所选账号：').selectOption('锁定');
    await page.getByRole('button', { name: '执行' }).click();
    await page.getByRole('dialog', { name: '锁定 2 个账号？' }).getByRole('button', { name: '锁定' }).click();
    await expect(page.getByText('已完成 2 个。')).toBeVisible();
    await page.locator('select[name=state]').selectOption('已锁定');
    await expect.poll(() => names(page)).toEqual(['李雷 1', '王小明 0']);
    await page.getByRole('checkbox', { name: '选择本页全部' }).check();
    await page.getByLabel('对所选账号：').selectOption('解锁');
    await page.getByRole('button', { name: '执行' }).click();
    await expect(page.getByText('没有符合条件的用户。')).toBeVisible();

    await new Chat(page).open(`${url}/admin/activity`);
    await page.getByRole('textbox', { name: '账号' }).fill(house.ada.email);
    await page.getByRole('button', { name: '应用' }).click();
    await expect(page.getByRole('row', { name: /登录.*使用密码/ }).first()).toBeVisible();
    await expect(page.getByRole('row', { name: /锁定账号/ })).toHaveCount(0);

    await page.goto(`${url}/admin/settings/security`);
    await page.getByLabel('成员必须使用').check();
    await page.getByLabel('安全日志保留天数').fill('90');
    await page.locator('form:has(input[name=activity_days]) button[type=submit]').click();
    await expect(page.locator('.saved')).toBeVisible();
    clean.allow(/403/, /WebSocket connection to .* failed/);
    await fill(house, ['Dora'], PASSWORD); // browsers take no address in Chinese
    const other = await browser.newContext({ locale: 'zh-CN' });
    clean.watch(other);
    const there = await other.newPage();
    await signIn(there, { email: 'dora@example.org' }, url);
    await expect(there).toHaveURL(/^[^?]+\/settings\/security$/);
    await expect(there.getByRole('alert')).toHaveText('您的角色需要两步验证，请先设置。');
    await other.close();
  });
});

test('members see none of it', async ({ chat, clean }) => {
  clean.allow(/403/);
  for (const path of ['/admin/users', '/admin/users/new', '/admin/activity', '/admin/users/01a20740-0000-7000-8000-000000000000']) {
    const answer = await chat.page.goto(path);
    expect(answer?.status(), path).toBe(403);
    await expect(chat.page.locator('[data-row]')).toHaveCount(0);
  }
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ clean }) => clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/));

  test('people are found, locked together and one by one', async ({ people: page, house }) => {
    await fill(house, ['Bea', 'Carl', 'Dora']);
    await page.goto(`${house.server.url}/admin/users`);
    await page.getByRole('searchbox').fill('carl');
    await page.getByRole('button', { name: 'Apply' }).click();
    await expect.poll(() => names(page)).toEqual(['Carl']);
    await page.getByRole('link', { name: 'Clear' }).click();
    await page.getByRole('checkbox', { name: 'Select Bea' }).check();
    await page.getByRole('checkbox', { name: 'Select Carl' }).check();
    await page.getByLabel('With the selected:').selectOption('Lock');
    await page.getByRole('button', { name: 'Do it' }).click();
    await expect(page.getByText('Done for 2.')).toBeVisible();
    await expect(row(page, 'Bea')).toContainText('Locked');
    await page.getByRole('button', { name: 'Do it' }).click();
    await expect(page.getByRole('alert')).toHaveText('Select somebody first.');
    await page.getByRole('link', { name: 'Dora', exact: true }).click();
    await page.getByRole('link', { name: 'Lock', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Lock' }).click();
    await expect(page.locator('.person-tags')).toContainText('Locked');
    await page.getByRole('button', { name: 'Unlock' }).click();
    await expect(page.locator('.person-tags')).toContainText('Active');
  });
});

for (const [name, look] of [
  ['light-desktop', { viewport: { width: 1280, height: 860 }, locale: 'en-US', colorScheme: 'light' }],
  ['dark-phone', { viewport: { width: 390, height: 844 }, locale: 'en-US', colorScheme: 'dark', isMobile: true, hasTouch: true }],
  ['light-phone', { viewport: { width: 390, height: 844 }, locale: 'en-US', colorScheme: 'light', isMobile: true, hasTouch: true }],
  ['zh-desktop', { viewport: { width: 1280, height: 860 }, locale: 'zh-CN', colorScheme: 'dark' }],
] as const) {
  test.describe(`pictures, ${name}`, () => {
    test.use(look);

    test('people and the log', async ({ people: page, house }) => {
      test.setTimeout(150_000); // axe reads six pages
      const ids = await fill(house, ['Grace Hopper', '王小明', 'A very long name that does not want to end, of somebody patient']);
      const chat = new Chat(page);
      const take = async (path: string, what: string) => {
        await chat.open(`${house.server.url}${path}`);
        await accessible(page, what);
        const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        expect(wide, what).toBeLessThanOrEqual(room!);
        await page.screenshot({ path: `artifacts/${what}-${name}.png`, animations: 'disabled' });
      };
      await take('/admin/users', 'people');
      await take(`/admin/users/${ids['Grace Hopper']}`, 'person');
      await take(`/admin/users/${ids['Grace Hopper']}?ask=delete`, 'person-ask');
      await take('/admin/users/new', 'person-new');
      await take('/admin/activity', 'activity');
      await take('/settings/activity', 'activity-own');
    });
  });
}

test('a long name and a long address break on a phone, and nothing is cut off', async ({ people: page, house }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const name = 'Maximiliane Freifrau von und zu Hohenlohe-Schillingsfürst-Waldenburg';
  const email = `${'a.very.long.address.of.somebody'.repeat(2)}@subdomain.of.a.long.domain.example.org`;
  const made = await fetch(`${house.server.url}/api/users/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${house.ada.access}` },
    body: JSON.stringify({ email, name }),
  });
  expect(made.status, await made.clone().text()).toBe(201);
  const { id } = (await made.json()) as { id: string };
  for (const path of ['/admin/users', `/admin/users/${id}`, '/admin/activity', '/admin/settings/mail']) {
    await page.goto(`${house.server.url}${path}`);
    await expect(page.getByText(email).or(page.getByText(name)).first()).toBeVisible();
    const cut = await page.locator('.scroll').first().evaluate((room) => room.scrollWidth - room.clientWidth);
    expect(cut, path).toBeLessThanOrEqual(0);
  }
});
