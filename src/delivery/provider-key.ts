/** The channel of a provider's key: a fixed word that may be shown, while the rest may stand for one organisation. */
export function channelOf(provider: string): string {
  return provider.split(':', 1)[0] ?? provider;
}
