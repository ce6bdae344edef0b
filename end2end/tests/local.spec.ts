// The built-in model answers a real question in the browser. Needs its weights: LIAO_MODEL names the file.
import { expect, test } from '../fixtures/test';

if (process.env.LIAO_MODEL) {
  test('the built-in model answers a question', async ({ chat }) => {
    test.setTimeout(120_000);
    const local = await chat.picker.locator('optgroup option').evaluateAll((options) =>
      options.map((option) => (option as HTMLOptionElement).value).filter((id) => id.startsWith('local/')),
    );
    expect(local).toHaveLength(1);
    await chat.ask('What is the capital of France? Answer with one word.', local[0]);
    await chat.finished(90_000);
    await expect(chat.prose).toContainText(/Paris/);
    await expect(chat.answer).toContainText('smollm2');
    await chat.page.reload();
    await expect(chat.prose).toContainText(/Paris/);
  });
}
