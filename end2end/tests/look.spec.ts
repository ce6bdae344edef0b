// What somebody chose for their pages holds at once, after a reload, and on another device; high contrast is fit for everybody, in both themes.
import AxeBuilder from '../fixtures/axe';
import { expect, signIn, test } from '../fixtures/test';

test('the look holds at once and on every device, and high contrast passes axe in both themes', async ({ chat, person, browser, server, clean }) => {
  test.setTimeout(150_000); // axe reads four pages
  // What a browser says of scripts that it was told not to run.
  clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
  const { page } = chat;
  await chat.hear('Show me everything', 'fake/markdown@0');
  const conversation = page.url();
  await chat.open('/settings/preferences');
  const html = page.locator('html');
  const size = () => html.evaluate((root) => parseFloat(getComputedStyle(root).fontSize));
  const before = await size();
  const kept = () => page.waitForResponse((answer) => answer.url().includes('/rpc/profile/') && answer.ok());
  for (const [label, value] of [['Contrast', 'high'], ['Text size', 'large'], ['Density', 'compact'], ['Width of chats', 'wide'], ['Colours of code', 'vivid']] as const) {
    const done = kept();
    await page.getByLabel(label).selectOption(value);
    await done;
  }
  await expect(html).toHaveAttribute('data-contrast', 'high');
  expect(await size()).toBeGreaterThan(before);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const path of ['/settings/preferences', conversation]) {
      await chat.open(path);
      await expect(html).toHaveAttribute('data-contrast', 'high');
      const found = await new AxeBuilder({ page }).withRules(['color-contrast', 'color-contrast-enhanced']).analyze();
      expect(found.violations.map((violation) => [violation.id, violation.nodes.map((node) => node.html)])).toEqual([]);
    }
  }
  const other = await browser.newContext({ javaScriptEnabled: false });
  clean.watch(other);
  const there = await other.newPage();
  await signIn(there, person, server.url);
  for (const [name, value] of [['data-contrast', 'high'], ['data-text-size', 'large'], ['data-density', 'compact'], ['data-chat-width', 'wide'], ['data-code-theme', 'vivid']] as const) {
    await expect(there.locator('html')).toHaveAttribute(name, value);
  }
  // Without a script it is a form.
  await there.goto(`${server.url}/settings/preferences`);
  await there.getByLabel('Contrast').selectOption('system');
  await there.getByRole('button', { name: 'Save' }).first().click();
  await expect(there.getByText('Saved.')).toBeVisible();
  await expect(there.locator('html')).not.toHaveAttribute('data-contrast', /./);
  await other.close();
});
