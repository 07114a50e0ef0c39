/** Picks the form that a number takes in a language (CLDR's categories); `other` stands in for any. */
export function pluralsIn(language: string) {
  const rules = new Intl.PluralRules(language)
  return (
    count: number,
    forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string },
  ): string => forms[rules.select(count)] ?? forms.other
}
