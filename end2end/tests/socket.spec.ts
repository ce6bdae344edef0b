// The page's line to the server: when it is lost it is opened anew, after pauses that grow, and not where it is not wanted.
import { type Page, type WebSocketRoute } from '@playwright/test';
import { Chat } from '../fixtures/chat';
import { register } from '../fixtures/api';
import { expect, signIn, test } from '../fixtures/test';

/** What the page opened, and when; the next `refuse` of them are refused. */
async function watched(page: Page) {
  const lines: { at: number; line: WebSocketRoute }[] = [];
  const watch = { lines, refuse: 0 };
  await page.routeWebSocket('**/ws', (line) => {
    lines.push({ at: Date.now(), line });
    if (watch.refuse > 0) {
      watch.refuse -= 1;
      void line.close({ code: 1013 });
    } else line.connectToServer();
  });
  return watch;
}

test('a lost line is opened anew after growing pauses, which begin anew once it holds', async ({ page, person }) => {
  test.setTimeout(60_000);
  const watch = await watched(page);
  const { lines } = watch;
  await signIn(page, person);
  const here = page.locator('.account-button .presence');
  await expect(here).toBeVisible();
  expect(lines.length).toBe(1);

  watch.refuse = 2;
  let lost = Date.now();
  await lines[0]!.line.close({ code: 1012 });
  await expect(here).toHaveCount(0);
  await expect(here).toBeVisible({ timeout: 20_000 });
  expect(lines.length).toBe(4);
  const pauses = lines.slice(1).map(({ at }, i) => at - (i === 0 ? lost : lines[i]!.at));
  // 1, 2 and 4 seconds, each from half of that to one and a half.
  for (const [i, seconds] of [1, 2, 4].entries()) {
    expect(pauses[i], `${pauses}`).toBeGreaterThan(seconds * 500 - 60);
    expect(pauses[i], `${pauses}`).toBeLessThan(seconds * 1_500 + 2_000);
  }

  lost = Date.now();
  await lines[3]!.line.close({ code: 1012 });
  await expect(here).toHaveCount(0);
  await expect(here).toBeVisible({ timeout: 5_000 });
  // The fourth in a row would be four seconds or more.
  expect(lines[4]!.at - lost).toBeLessThan(3_500);
});

test('a line that the server ends for good is not opened anew', async ({ page, person }) => {
  const { lines } = await watched(page);
  await signIn(page, person);
  const here = page.locator('.account-button .presence');
  await expect(here).toBeVisible();
  await lines[0]!.line.close({ code: 1008 });
  await expect(here).toHaveCount(0);
  await page.waitForTimeout(2_500);
  expect(lines.length).toBe(1);
});

test('a page that is seen again does not wait for its pause to end', async ({ page, person }) => {
  const watch = await watched(page);
  const { lines } = watch;
  await signIn(page, person);
  const here = page.locator('.account-button .presence');
  await expect(here).toBeVisible();
  watch.refuse = 3;
  await lines[0]!.line.close({ code: 1012 });
  // The next attempt is 4 to 12 seconds away.
  await expect.poll(() => lines.length, { timeout: 15_000 }).toBe(4);
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await expect(here).toBeVisible({ timeout: 3_500 });
});

test('a server that was restarted is found again, and tells who is online', async ({ page, ownServer, browser, clean }) => {
  clean.allow(/ERR_CONNECTION_REFUSED/, /ERR_CONNECTION_RESET/, /WebSocket connection to .* failed/);
  const [ada, mei] = [await register(ownServer.url, 'Ada'), await register(ownServer.url, 'Mei')];
  await signIn(page, ada, ownServer.url);
  await new Chat(page).open(`${ownServer.url}/admin/online`);
  const here = page.locator('.account-button .presence');
  await expect(page.locator('.person')).toHaveCount(1);
  await ownServer.stop('SIGKILL');
  await expect(here).toHaveCount(0);
  await ownServer.start();
  await expect(here).toBeVisible({ timeout: 15_000 });
  // What was watched is watched again: somebody who comes now is seen.
  const context = await browser.newContext();
  clean.watch(context);
  await signIn(await context.newPage(), mei, ownServer.url);
  await expect(page.locator('.person')).toHaveCount(2);
  await context.close();
});
