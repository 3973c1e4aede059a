// Who gets a key is decided in the protocol, the same for everything that seals: page, Mini App and bot.
export { audienceOf, isAllowed, panicConsents, readersOf, releaseKeys, type Audience, type Choices } from '@jardam/protocol';
