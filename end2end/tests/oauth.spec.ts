// Signing in with other services: a real issuer of OpenID Connect, and a WeChat that follows its documentation.
import { type Page } from '@playwright/test';
import { PASSWORD, type Person, freshEmail, register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { type Elsewhere, issuer, offer, wechat } from '../fixtures/elsewhere';
import type { Server } from '../fixtures/server';
import { expect, signIn, test as base } from '../fixtures/test';

interface PerTest {
  /** A server of this test's own with its administrator and an issuer, which is offered as "Campus". */
  campus: { server: Server; admin: Person; idp: Elsewhere };
}

const SECRET = 'a-secret-that-only-these-two-know';

const test = base.extend<PerTest>({
  campus: async ({ ownServer }, use) => {
    const admin = await register(ownServer.url, 'Ada');
    const idp = await issuer(`${ownServer.url}/oauth/campus/callback`);
    const service = { slug: 'campus', kind: 'oidc', name: 'Campus', issuer: idp.url, client_id: 'liao', client_secret: SECRET };
    await offer(ownServer.url, admin, service);
    await use({ server: ownServer, admin, idp });
    await idp.close();
  },
});

// An open page asks for its line again after its session was taken away.
test.beforeEach(({ clean }) => clean.allow(/WebSocket connection to .* failed: HTTP Authentication failed/));

/** At the other service: types who one is. */
async function there(page: Page, login: string): Promise<void> {
  await expect(page.getByRole('heading', { name: 'The other service' })).toBeVisible();
  await page.getByLabel('Who are you?').fill(login);
  await page.getByRole('button', { name: 'Sign in there' }).click();
}

test('an account is made by signing in elsewhere, and found again', async ({ page, campus, browser, clean }) => {
  const email = freshEmail();
  await page.goto(`${campus.server.url}/settings/profile`);
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByRole('link', { name: 'Continue with Campus' }).click();
  await there(page, email);
  await expect(page).toHaveURL(`${campus.server.url}/settings/profile`);
  await expect(page.locator('.account-button')).toContainText('reader');
  await page.goto(`${campus.server.url}/settings/security`);
  await expect(page.locator('#linked')).toContainText(email);
  await page.getByRole('button', { name: 'Unlink Campus' }).click();
  await expect(page.getByRole('alert')).toHaveText('This is your only way to sign in. Set a password first, then unlink it.');

  // A first password: then there are two ways in.
  await expect(page.getByText('You have none yet, because you sign in by another service.')).toBeVisible();
  await page.locator('#password input[name=new_password]').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set a password' }).click();
  await expect(page.getByRole('button', { name: 'Change the password' })).toBeVisible();
  await page.context().clearCookies();
  await signIn(page, { email }, campus.server.url);
  await expect(page.locator('.account-button')).toContainText('reader');

  const other = await browser.newContext();
  clean.watch(other);
  const again = await other.newPage();
  await again.goto(`${campus.server.url}/login`);
  await again.getByRole('link', { name: 'Continue with Campus' }).click();
  await there(again, email);
  await expect(again.locator('.account-button')).toContainText('reader');
  await other.close();
});

test.describe('in Chinese', () => {
  test.use({ locale: 'zh-CN' });

  test('an account is made by signing in elsewhere', async ({ page, campus }) => {
    await page.goto(`${campus.server.url}/login`);
    await page.getByRole('link', { name: '使用 Campus 继续' }).click();
    await there(page, freshEmail());
    await expect(page.getByRole('heading', { name: /想聊点什么/ })).toBeVisible();
    await page.goto(`${campus.server.url}/settings/security`);
    await expect(page.getByRole('heading', { name: '关联账号' })).toBeVisible();
    await page.getByRole('button', { name: '解除关联 Campus' }).click();
    await expect(page.getByRole('alert')).toHaveText('这是您唯一的登录方式。请先设置密码，再解除关联。');
  });

  test('管理员添加微信；微信新用户填写邮箱；已有账号的关联与解除', async ({ page, campus, browser, clean }) => {
    const { url } = campus.server;
    const play = await wechat();
    await signIn(page, campus.admin, url);
    await new Chat(page).open(`${url}/admin/settings/oauth`);
    await page.getByRole('link', { name: '微信' }).click();
    await page.locator('input[name=issuer]').fill(play.url);
    await page.locator('input[name=client_id]').fill('wx1');
    await page.getByRole('button', { name: '保存' }).click();
    await expect(page.locator('#client_secret-error')).toBeVisible();
    await page.locator('input[name=client_secret]').fill('wechat-secret');
    await page.getByRole('button', { name: '保存' }).click();
    const row = page.locator('.provider', { hasText: '微信' });
    await expect(row).toContainText('已存密钥');
    await row.getByRole('button', { name: '测试' }).click();
    await expect(row.locator('.test-found')).toContainText('it knows this client');
    clean.allow(/status 422: POST .*identity_provider\/save/, /responded with a status of 422/);

    // The administrator links what the issuer vouches for, and takes it away again.
    await new Chat(page).open(`${url}/settings/security`);
    await page.getByRole('link', { name: '关联 Campus' }).click();
    const email = freshEmail();
    await there(page, email);
    await expect(page.locator('#linked')).toContainText(email);
    await new Chat(page).alive();
    await page.getByRole('button', { name: '解除关联 Campus' }).click();
    await expect(page.getByRole('link', { name: '关联 Campus' })).toBeVisible();

    const context = await browser.newContext({ locale: 'zh-CN' });
    clean.watch(context);
    const guest = await context.newPage();
    await guest.goto(`${url}/login`);
    await guest.getByRole('link', { name: '使用 微信 继续' }).click();
    await guest.getByRole('link', { name: '拒绝' }).click();
    await expect(guest.getByRole('alert')).toContainText('的授权，未做任何更改。');
    await guest.getByRole('link', { name: '使用 微信 继续' }).click();
    await guest.getByRole('link', { name: '扫码' }).click();
    await expect(guest.getByRole('heading', { name: '还差一步' })).toBeVisible();
    await guest.locator('input[name=email]').fill(campus.admin.email);
    await guest.getByRole('button', { name: '创建账号' }).click();
    await expect(guest.getByRole('alert')).toContainText('该邮箱已有账号。');
    await guest.locator('input[name=email]').fill(freshEmail());
    await guest.getByRole('button', { name: '创建账号' }).click();
    await expect(guest.getByRole('heading', { name: /想聊点什么/ })).toBeVisible();
    await context.close();
    await play.close();
  });
});

test('an account there is linked, used and unlinked', async ({ page, campus }) => {
  const [mei, email] = [await register(campus.server.url, 'Mei'), freshEmail()];
  await signIn(page, mei, campus.server.url);
  await new Chat(page).open(`${campus.server.url}/settings/security`);
  await page.getByRole('link', { name: 'Link Campus' }).click();
  await there(page, email);
  await expect(page).toHaveURL(/\/settings\/security\?saved=1$/);
  await expect(page.locator('#linked')).toContainText(email);

  await page.context().clearCookies({ domain: '127.0.0.1', name: 'liao_session' });
  await page.goto(`${campus.server.url}/login`);
  // The issuer remembers who is signed in there.
  await page.getByRole('link', { name: 'Continue with Campus' }).click();
  await expect(page.locator('.account-button')).toContainText('Mei');
  await new Chat(page).open(`${campus.server.url}/settings/security`);
  await page.getByRole('button', { name: 'Unlink Campus' }).click();
  await expect(page.getByRole('link', { name: 'Link Campus' })).toBeVisible();
});

test('an address that somebody has here is not taken over, and a refusal there is said', async ({ page, campus }) => {
  const mei = await register(campus.server.url, 'Mei');
  await page.goto(`${campus.server.url}/login`);
  await page.getByRole('link', { name: 'Continue with Campus' }).click();
  await page.getByRole('link', { name: 'No, thanks' }).click();
  await expect(page.getByRole('alert')).toHaveText('Nothing was changed: the request to Campus was cancelled.');
  await page.getByRole('link', { name: 'Continue with Campus' }).click();
  await there(page, mei.email);
  await expect(page).toHaveURL(/\/login\?oauth=email_taken/);
  await expect(page.getByRole('alert')).toContainText('Sign in to it, then link Campus in its settings under Security.');
  await page.screenshot({ path: 'artifacts/oauth-clash.png' });
});

test('a service that is gone and a way back from nowhere are said in a sentence', async ({ page, campus }) => {
  await page.goto(`${campus.server.url}/oauth/campus/callback?code=x&state=y`);
  await expect(page.getByRole('alert')).toHaveText('That took too long, or was done already. Please begin again.');
  await campus.idp.close();
  await page.getByRole('link', { name: 'Continue with Campus' }).click();
  await expect(page.getByRole('alert')).toHaveText('There is no answer from Campus at the moment. Try again later, or choose another way.');
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ clean }) => clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/));

  test('where an invitation is needed, it lets in who comes from elsewhere, once', async ({ page, campus, browser, clean }) => {
    const { url } = campus.server;
    const admin = { 'content-type': 'application/json', authorization: `Bearer ${campus.admin.access}` };
    const ask = async (method: string, path: string, body?: unknown) => {
      const answer = await fetch(`${url}${path}`, { method, headers: admin, body: body === undefined ? undefined : JSON.stringify(body) });
      expect(answer.ok, await answer.clone().text()).toBe(true);
      return answer.json();
    };
    await ask('PUT', '/api/admin/settings/registration/', { mode: 'invitation' });
    const [guest, elsewhere] = [freshEmail(), freshEmail()];
    await ask('POST', '/api/users/invite/', { email: guest });
    // There is no mail server here: the letter is in the outbox.
    const { items } = (await ask('GET', '/api/admin/mail/outbox/')) as { items: { id: string; letter: string }[] };
    const letter = items.find((mail) => mail.letter === 'invitation')!;
    const { body } = (await ask('GET', `/api/admin/mail/outbox/${letter.id}/`)) as { body: { text: string } };
    const link = /https?:\/\/\S+/.exec(body.text)![0];

    await page.goto(`${url}/login`);
    await page.getByRole('link', { name: 'Continue with Campus' }).click();
    await there(page, elsewhere);
    await expect(page).toHaveURL(/\/login\?oauth=invitation_only/);
    await expect(page.getByRole('alert')).toHaveText(
      'New accounts here are by invitation only. Open the link in your invitation and continue with Campus from there.',
    );
    await page.goto(link);
    await page.getByRole('link', { name: 'Continue with Campus' }).click();
    await expect(page.locator('.account-button')).toContainText('reader');
    await page.goto(`${url}/settings/security`);
    await expect(page.locator('.address')).toContainText(guest);
    await expect(page.locator('#linked')).toContainText(elsewhere);

    const other = await browser.newContext({ javaScriptEnabled: false });
    clean.watch(other);
    const late = await other.newPage();
    await late.goto(`${url}/oauth/campus/start?invitation=${new URL(link).searchParams.get('invitation')}`);
    await there(late, freshEmail());
    await expect(late.getByRole('alert')).toHaveText('This invitation was used or is too old. Ask an administrator for a new one.');
    await other.close();
  });

  test('WeChat tells no address, so it is asked for', async ({ page, campus }) => {
    const play = await wechat();
    const service = { slug: 'wechat', kind: 'wechat', name: '微信', issuer: play.url, client_id: 'wx1', client_secret: 'wechat-secret', position: 1 };
    await offer(campus.server.url, campus.admin, service);
    await page.goto(`${campus.server.url}/login`);
    await page.getByRole('link', { name: 'Continue with 微信' }).click();
    await page.getByRole('link', { name: '拒绝' }).click();
    await expect(page.getByRole('alert')).toHaveText('Nothing was changed: the request to 微信 was cancelled.');
    await page.getByRole('link', { name: 'Continue with 微信' }).click();
    await page.getByRole('link', { name: '扫码' }).click();
    await expect(page).toHaveURL(/\/login\/complete$/);
    await expect(page.getByLabel('Name')).toHaveValue('小明');
    await page.screenshot({ path: 'artifacts/oauth-complete.png' });
    await page.getByLabel('E-mail').fill(campus.admin.email);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByRole('alert')).toContainText('There is an account with this e-mail address already.');
    await expect(page.getByLabel('E-mail')).toHaveValue(campus.admin.email);
    const email = freshEmail();
    await page.getByLabel('E-mail').fill(email);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByRole('heading', { name: 'What is on your mind, 小明?' })).toBeVisible();
    await page.goto(`${campus.server.url}/settings/security`);
    await expect(page.locator('#linked')).toContainText('小明');
    await play.close();
  });

  test('an account is linked by plain links', async ({ page, campus }) => {
    const [mei, email] = [await register(campus.server.url, 'Mei'), freshEmail()];
    await signIn(page, mei, campus.server.url);
    await page.goto(`${campus.server.url}/settings/security`);
    await page.getByRole('link', { name: 'Link Campus' }).click();
    await there(page, email);
    await expect(page.locator('#linked')).toContainText(email);
    await page.getByRole('button', { name: 'Unlink Campus' }).click();
    await expect(page.getByRole('link', { name: 'Link Campus' })).toBeVisible();
  });
});

test('administrators add, test, switch off, edit and delete a service', async ({ page, campus, clean }) => {
  clean.allow(/status 422: POST .*identity_provider\/save/, /responded with a status of 422/);
  await signIn(page, campus.admin, campus.server.url);
  await new Chat(page).open(`${campus.server.url}/admin/settings/oauth`);
  const campusRow = page.locator('.provider', { hasText: 'Campus' });
  await expect(campusRow.locator('code')).toHaveText(`${campus.server.url}/oauth/campus/callback`);
  await campusRow.getByRole('button', { name: 'Test' }).click();
  await expect(campusRow.locator('.test-found')).toContainText('It knows this client.');
  await page.screenshot({ path: 'artifacts/oauth-admin.png', fullPage: true });

  await page.getByRole('link', { name: 'GitHub' }).click();
  await page.getByLabel('Client ID').fill('Iv1.abc');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('#client_secret-error')).toHaveText('Please fill this in.');
  await page.getByLabel('Client secret').fill('github-secret');
  await page.getByLabel('Address').fill('http://github.example');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('#issuer-error')).toContainText('starts with https://');
  await page.getByLabel('Address').fill('');
  await page.getByRole('button', { name: 'Save' }).click();
  const github = page.locator('.provider', { hasText: 'GitHub' });
  await expect(github).toContainText('Secret stored');
  await expect(page.locator('body')).not.toContainText('github-secret');

  await github.getByRole('switch').click();
  await expect(github.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await github.getByRole('link', { name: 'Edit' }).click();
  await expect(page.getByLabel('Client secret')).toHaveValue('');
  await page.getByLabel('Name').fill('Git Hub');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Git Hub' })).toBeVisible();
  await page.locator('.provider', { hasText: 'Git Hub' }).getByRole('link', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('heading', { name: 'Git Hub' })).toHaveCount(0);
});
