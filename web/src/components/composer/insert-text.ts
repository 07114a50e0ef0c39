/**
 * Puts text into a focused field in place of what is selected there, as if it were typed: the person
 * can undo it. Only this old command does that.
 */
export function insertText(field: HTMLTextAreaElement, text: string): void {
  if (document.execCommand(text === '' ? 'delete' : 'insertText', false, text)) return
  field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end')
  field.dispatchEvent(new Event('input', { bubbles: true }))
}
