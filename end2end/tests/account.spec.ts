// What people do with their account and administrators with others', in Chinese: the flows whose English is in factor, person and
// admin.spec.ts. And, in both languages, who may make an account and how one ends without a password.
import type { Page } from '@playwright/test';
import { PASSWORD, converse, freshEmail, register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { early, phone, totp } from '../fixtures/factor';
import { picture } from '../fixtures/picture';
import { expect, signIn, test } from '../fixtures/test';

/** Makes an account on the page. */
async function join(page: Page, server: string, email: string): Promise<void> {
  await page.goto(`${server}/register`);
  await page.locator('input[name=email]').fill(email);
  await page.locator('input[name=name]').fill('Mei');
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('form:has(input[name=password]) button[type=submit]').click();
}

test.describe('in Chinese', () => {
  test.use({ locale: 'zh-CN' });
  test.beforeEach(({ clean }) => clean.allow(/WebSocket connection to .* failed: HTTP Authentication failed/));

  test('头像的选择、裁剪与移除，以及个人资料与偏好', async ({ chat, clean }) => {
    // Not the page: the recorder of Playwright's traces reads the picture again to keep a copy.
    clean.allow(/^console error: Connecting to 'blob:/);
    const page = chat.page;
    await chat.open('/settings/profile');
    await expect(page.getByRole('heading', { name: '头像' })).toBeVisible();
    await page.locator('#avatar').setInputFiles({ name: 'me.txt', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await expect(page.getByText('无法将该文件作为图片打开。')).toBeVisible();
    await page.locator('#avatar').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: await picture(page) });
    await expect(page.locator('canvas.cropper-window')).toBeFocused();
    await page.getByRole('button', { name: '向右旋转' }).click();
    await page.getByRole('button', { name: '使用此图片' }).click();
    await expect(page.getByText('头像已保存。')).toBeVisible();
    await expect(page.locator('.account-button img')).toHaveAttribute('src', /^\/avatar\/[0-9a-f]{32}-128\.webp$/);
    await page.getByRole('button', { name: '移除' }).click();
    await expect(page.locator('.account-button img')).toHaveAttribute('src', /^\/avatar\/initials\//);

    await page.getByLabel('个人简介').fill('读书。');
    await page.getByRole('button', { name: '保存' }).click();
    await expect(page.getByText('已保存。')).toBeVisible();
    await chat.open('/settings/preferences');
    await page.getByLabel('时区').selectOption('Asia/Shanghai');
    await page.getByText('按 Ctrl + Enter（⌘ + Enter）发送，按 Enter 换行').click();
    await page.getByRole('button', { name: '保存' }).click();
    await expect(page.getByText('已保存。')).toBeVisible();
  });

  test('登录设备的查看与退出', async ({ page, person, server, browser, clean }) => {
    await signIn(page, person);
    const context = await browser.newContext({ locale: 'zh-CN' });
    clean.watch(context);
    const other = await context.newPage();
    await signIn(other, person, server.url);
    await page.goto('/settings/security');
    await expect(page.getByRole('heading', { name: '登录设备' })).toBeVisible();
    const rows = page.locator('#sessions .entry');
    await expect(rows).toHaveCount(3);
    await expect(rows.first()).toContainText('当前设备');
    await expect(rows.filter({ hasText: '程序' })).toHaveCount(1);
    await rows.filter({ hasText: 'Chrome' }).nth(1).getByRole('button', { name: /^退出/ }).click();
    await expect(rows).toHaveCount(2);
    await other.goto(`${server.url}/settings/profile`);
    await expect(other).toHaveURL(/\/login/);
    await page.getByRole('button', { name: '退出所有其他设备' }).click();
    await expect(rows).toHaveCount(1);
    await context.close();
  });

  test('通行密钥的添加、改名、登录与移除', async ({ page, person, server }) => {
    test.setTimeout(120_000);
    const local = server.url.replace('127.0.0.1', 'localhost');
    const authenticator = await phone(page);
    await signIn(page, person, local);
    await page.goto(`${local}/settings/security`);
    const panel = page.locator('#passkeys');
    await panel.getByLabel('名称', { exact: true }).fill('手机');
    await panel.getByRole('button', { name: '添加通行密钥' }).click();
    await expect(panel.locator('.entry')).toContainText('尚未使用');
    await panel.getByText('重命名').click();
    await panel.getByLabel('名称: 手机').fill('我的手机');
    await panel.getByRole('button', { name: '保存' }).click();
    await expect(panel.locator('.entry')).toContainText('我的手机');
    await page.context().clearCookies();
    await page.goto(`${local}/login?next=/settings/security`);
    await Promise.race([
      page.waitForURL(/\/settings\/security$/),
      page.getByRole('button', { name: '使用通行密钥登录' }).click().catch(() => {}),
    ]);
    await expect(page).toHaveURL(/^[^?]+\/settings\/security$/);
    await expect(panel.locator('.entry')).toContainText('上次使用');
    await panel.getByRole('button', { name: '移除' }).click();
    await expect(panel.getByText('您还没有通行密钥。')).toBeVisible();
    await authenticator.detach();
  });

  test('数据的导出与下载', async ({ chat, person, server }) => {
    await converse(server.url, person, '你知道我的什么？', 'fake/echo@0');
    const page = chat.page;
    await chat.open('/settings/data');
    await page.getByRole('button', { name: '开始导出' }).click();
    const link = page.getByRole('link', { name: /^下载/ });
    await expect(link).toBeVisible({ timeout: 20_000 });
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    expect(download.suggestedFilename()).toBe('liao-export.zip');
    await expect(page.getByText('导出已完成。')).toBeVisible();
  });

  test('账号的注销与保留', async ({ chat, person }) => {
    const page = chat.page;
    await chat.open('/settings/data');
    await page.getByText('注销我的账号').first().click();
    await page.getByLabel('您的密码').fill('not this one');
    await page.getByRole('button', { name: '注销我的账号' }).click();
    await expect(page.getByRole('alert')).toHaveText('密码不正确。');
    await page.getByLabel('您的密码').fill(PASSWORD);
    await page.getByRole('button', { name: '注销我的账号' }).click();
    await expect(page).toHaveURL(/\/login/);
    await signIn(page, person);
    await expect(page.locator('.account-button')).toContainText('Mei');
  });

  test('管理员查看在线用户', async ({ page, ownServer, browser, clean }) => {
    const [ada, mei] = [await register(ownServer.url, 'Ada'), await register(ownServer.url, 'Mei')];
    await signIn(page, ada, ownServer.url);
    await new Chat(page).open(`${ownServer.url}/admin/online`);
    await expect(page.getByRole('heading', { name: '在线用户' })).toBeVisible();
    const people = page.locator('.person');
    await expect(people).toHaveCount(1);
    const context = await browser.newContext({ locale: 'zh-CN' });
    clean.watch(context);
    const there = await context.newPage();
    await signIn(there, mei, ownServer.url);
    await expect(people).toHaveCount(2);
    await expect(people.first()).toContainText('1 个页面');
    await there.goto(`${ownServer.url}/settings/preferences`);
    await there.getByText('允许他人看到我是否在线以及上次在线时间').click();
    await there.getByRole('button', { name: '保存' }).click();
    await expect(page.getByText('另有 1 人未显示在线状态。')).toBeVisible();
    await context.close();
  });

  test('管理员新建、锁定并删除账号', async ({ page, ownServer }) => {
    const ada = await register(ownServer.url, 'Ada');
    await signIn(page, ada, ownServer.url);
    const chat = new Chat(page);
    await chat.open(`${ownServer.url}/admin/users/new`);
    await page.locator('input[name=email]').fill('wang@example.org');
    await page.locator('input[name=name]').fill('王小明');
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.getByRole('button', { name: '创建账号' }).click();
    const tags = page.locator('.person-tags');
    await expect(tags).toContainText('正常');
    await chat.alive();
    await page.getByRole('link', { name: '锁定', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText('锁定 王小明？');
    await dialog.getByRole('button', { name: '锁定' }).click();
    await expect(tags).toContainText('已锁定');
    await page.getByRole('link', { name: '删除', exact: true }).click();
    await dialog.getByRole('button', { name: '删除' }).click();
    await expect(tags).toContainText('待清除');
    // What harms nobody is done at once.
    await page.getByRole('button', { name: '撤销删除', exact: true }).click();
    await expect(tags).not.toContainText('待清除');

    await chat.open(`${ownServer.url}/admin/users`);
    await expect(page.getByRole('heading', { name: '用户', exact: true })).toBeVisible();
    await page.getByLabel('选择 王小明').check();
    await expect(page.getByText('已选择 1 个')).toBeVisible();
  });
});

const WORDS = {
  'en-US': {
    waits: 'An administrator has to approve your account first.', approve: 'Approve', active: 'Active',
    domain: 'Addresses of this domain may not be used here.', delete: 'Delete my account', passkey: 'Use a passkey',
    add: 'Add a passkey', name: 'Name', setUp: 'Set up an authenticator app', cancel: 'Cancel',
    personal: 'It is made of your name or address.', strong: 'Strong',
  },
  'zh-CN': {
    waits: '您的账号需先由管理员批准。', approve: '批准', active: '正常',
    domain: '此域名的邮箱不能在这里使用。', delete: '注销我的账号', passkey: '使用通行密钥',
    add: '添加通行密钥', name: '名称', setUp: '设置验证器应用', cancel: '取消',
    personal: '包含您的姓名或邮箱。', strong: '强',
  },
} as const;

for (const locale of ['en-US', 'zh-CN'] as const) {
  const words = WORDS[locale];

  test.describe(locale, () => {
    test.use({ locale });

    test('a new password is rated while it is typed, for whom it would be', async ({ page }) => {
      await page.goto('/register');
      const meter = page.locator('.strength');
      await expect(meter).toBeHidden();
      await page.locator('input[name=email]').fill('moonlight@example.org');
      await page.locator('input[name=password]').fill('moonlight12');
      await expect(meter).toContainText(words.personal);
      await page.locator('input[name=password]').fill(PASSWORD);
      await expect(meter).toContainText(words.strong);
      await expect(meter.locator('meter')).toHaveJSProperty('value', 4);
      await page.locator('input[name=password]').fill('');
      await expect(meter).toBeHidden();
    });

    test('whose account has to be approved waits, and is let in', async ({ page, ownServer, browser, clean }) => {
      const ada = await register(ownServer.url, 'Ada');
      await signIn(page, ada, ownServer.url);
      await page.goto(`${ownServer.url}/admin/settings/registration`);
      await page.locator('input[name=approval]').check();
      await page.locator('form:has(input[name=mode]) button[type=submit]').click();
      await expect(page.locator('.saved')).toBeVisible();

      const context = await browser.newContext({ locale });
      clean.watch(context);
      const there = await context.newPage();
      const email = freshEmail();
      await join(there, ownServer.url, email);
      await expect(there).toHaveURL(/\/login/);
      const enter = async () => {
        await there.locator('input[name=email]').fill(email);
        await there.locator('input[name=password]').fill(PASSWORD);
        await there.locator('form:has(input[name=password]) button[type=submit]').click();
      };
      await enter();
      await expect(there.getByRole('alert')).toHaveText(words.waits);

      const chat = new Chat(page);
      await chat.open(`${ownServer.url}/admin/users`);
      await page.getByRole('link', { name: 'Mei', exact: true }).click();
      await page.getByRole('button', { name: words.approve, exact: true }).click();
      await expect(page.locator('.person-tags')).toContainText(words.active);
      await enter();
      await expect(there).toHaveURL(`${ownServer.url}/`);
      await context.close();
    });

    test('only addresses of the domains that are let in make an account', async ({ page, ownServer, browser, clean }) => {
      const ada = await register(ownServer.url, 'Ada');
      await signIn(page, ada, ownServer.url);
      await page.goto(`${ownServer.url}/admin/settings/registration`);
      await page.locator('textarea[name=domains]').fill('example.org\nexample.net');
      await page.locator('form:has(input[name=mode]) button[type=submit]').click();
      await expect(page.locator('.saved')).toBeVisible();
      const context = await browser.newContext({ locale });
      clean.watch(context);
      const there = await context.newPage();
      await join(there, ownServer.url, 'mei@elsewhere.example');
      await expect(there.locator('#email-error')).toHaveText(words.domain);
      await expect(there.locator('input[name=email]')).toHaveValue('mei@elsewhere.example');
      await join(there, ownServer.url, freshEmail());
      await expect(there).toHaveURL(`${ownServer.url}/`);
      await context.close();
    });

    test('an account is deleted with a passkey in place of the password', async ({ page, person, server }) => {
      test.setTimeout(120_000);
      const local = server.url.replace('127.0.0.1', 'localhost');
      const authenticator = await phone(page);
      await signIn(page, person, local);
      await page.goto(`${local}/settings/security`);
      const panel = page.locator('#passkeys');
      await panel.getByLabel(words.name, { exact: true }).fill('phone');
      await panel.getByRole('button', { name: words.add }).click();
      await expect(panel.locator('.entry')).toContainText('phone');
      server.forgetProofs(person);
      await page.goto(`${local}/settings/data`);
      await page.getByText(words.delete).first().click();
      await page.getByRole('button', { name: words.delete }).click();
      await expect(page).toHaveURL(/\/confirm\?next=\/settings\/data$/);
      await page.getByRole('button', { name: words.passkey }).click();
      await expect(page).toHaveURL(/^[^?]+\/settings\/data$/);
      // The page to sign in at would ask it by itself, and it would say yes.
      await authenticator.detach();
      await page.getByText(words.delete).first().click();
      await page.getByRole('button', { name: words.delete }).click();
      await expect(page).toHaveURL(/\/login/);
    });

    test('a set-up of an authenticator app that was begun is given up', async ({ page, person }) => {
      await signIn(page, person);
      await page.goto('/settings/security');
      await page.getByRole('button', { name: words.setUp }).click();
      const first = await page.locator('.setup-key').getAttribute('data-secret');
      await page.getByRole('button', { name: words.cancel }).click();
      await expect(page.locator('.setup-key')).toHaveCount(0);
      await page.getByRole('button', { name: words.setUp }).click();
      const second = await page.locator('.setup-key').getAttribute('data-secret');
      expect(second).not.toBe(first);
      // What was given up proves nothing.
      await early();
      await page.locator('input[name=code]').fill(totp(first!));
      await page.locator('form:has(input[name=code]) button[type=submit]').click();
      await expect(page.locator('#code-error')).toBeVisible();
    });
  });
}
