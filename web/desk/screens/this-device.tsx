import { useEffect, useState } from 'preact/hooks';
import type { Result } from '../../common/api.js';
import { stateOfDevice, switchOff, switchOn, type DeviceState } from '../notices/this-device.js';
import type { ContactsApi, OwnContacts } from '../service/contacts-api.js';
import { DeedButton } from '../ui/deed-button.js';
import type { Served } from '../ui/served.js';
import { useText } from '../ui/text.js';

/** The browser in front of the person as one more way to be reached, switched on and off with one press. */
export function ThisDevice(props: {
  api: ContactsApi;
  own: OwnContacts;
  webPushKey: string;
  busy: boolean;
  run: Served<OwnContacts>['run'];
}) {
  const t = useText();
  const { api, own, webPushKey, busy, run } = props;
  const [state, setState] = useState<DeviceState | null>(null);
  const [waiting, setWaiting] = useState(false);
  useEffect(() => {
    let current = true;
    void stateOfDevice(own.contacts).then((found) => {
      if (current) setState(found);
    });
    return () => {
      current = false;
    };
  }, [own]);

  const turn = async (work: () => Promise<Result<unknown>>): Promise<void> => {
    setWaiting(true);
    await run(work);
    setWaiting(false);
  };
  return (
    <section class="this-device" aria-labelledby="this-device">
      <h3 id="this-device">{t('desk.contacts.device-title')}</h3>
      <p class="secondary">{t('desk.contacts.device-why')}</p>
      {state === 'unsupported' ? <p>{t('desk.contacts.device-unsupported')}</p> : null}
      {state === 'on' ? <p class="device-on">{t('desk.contacts.device-is-on')}</p> : null}
      {state === 'off' || state === 'blocked' ? (
        <DeedButton class="button-line" busy={busy} onPress={() => void turn(() => switchOn(api, webPushKey, t.lang))}>
          {t('desk.contacts.device-switch-on')}
        </DeedButton>
      ) : null}
      {state === 'on' ? (
        <DeedButton class="button-line" busy={busy} onPress={() => void turn(() => switchOff(api))}>
          {t('desk.contacts.device-switch-off')}
        </DeedButton>
      ) : null}
      <p class="secondary" role="status">
        {waiting && state !== 'on' ? t('desk.contacts.device-waiting') : ''}
      </p>
    </section>
  );
}
