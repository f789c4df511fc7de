/** The sender of a notice. */
import type { Clock } from '../base/clock.js';
import type { NoticeSettings } from '../model/notice.js';
import type { Teller } from './content.js';
import { ExecSender } from './exec-sender.js';
import { MailRate } from './mail-rate.js';
import { MailSender } from './mail-sender.js';
import type { Sender } from './sender.js';
import { WebhookSender } from './webhook-sender.js';

/** @param before the sender that this one replaces: mails that it has sent count on */
export function createSender(
  settings: NoticeSettings,
  teller: Teller,
  clock: Clock,
  before: Sender | null,
): Sender {
  switch (settings.type) {
    case 'exec':
      return new ExecSender(settings, teller);
    case 'webhook':
      return new WebhookSender(settings, teller);
    case 'mail': {
      const rate = before instanceof MailSender ? before.rate : new MailRate(settings.maxPerHour);
      rate.follow(settings.maxPerHour);
      return new MailSender(settings, teller, clock, rate);
    }
  }
}
