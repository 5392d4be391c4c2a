// A real authorization server for tests/oauth.rs: device code, PKCE, rotating refresh tokens, revocation, introspection.
//
//   node server.mjs PORT
//
// A person signs in on /interaction/… by a form with a login name alone. What a test turns is below /test/.

import { Provider } from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

// What a test can turn for a login: how long an access token lives, how long it is said to live, and what is granted of what
// is asked.
const usual = { life: 3600, said: null, granted: ['imap', 'smtp'] };
const settings = new Map();
const settingsOf = (login) => settings.get(login) ?? usual;
let isDown = false;
const grantsOf = new Map();
const renewals = [];
const issued = [];

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'bagsy', application_type: 'native', token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/'], response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    },
    {
      // One that its administrator has not allowed to send.
      client_id: 'reader', application_type: 'native', token_endpoint_auth_method: 'none', scope: 'openid offline_access imap',
      redirect_uris: ['http://127.0.0.1/'], response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    },
    {
      client_id: 'dovecot', client_secret: 'introspects', token_endpoint_auth_method: 'client_secret_basic',
      redirect_uris: [], response_types: [], grant_types: [],
    },
  ],
  scopes: ['openid', 'offline_access', 'imap', 'smtp'],
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  cookies: { keys: ['for the tests alone'] },
  rotateRefreshToken: true,
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
    deviceFlow: {
      enabled: true,
      userCodeInputSource: (ctx, form, _out, error) => { ctx.body = page(error ? `no such code: ${error.message}` : 'code', form); },
      userCodeConfirmSource: (ctx, form) => { ctx.body = page('confirm', form); },
      successSource: (ctx) => { ctx.body = page('signed in', ''); },
    },
  },
  ttl: {
    AccessToken: (_ctx, token) => settingsOf(token.accountId).life,
    RefreshToken: 86400, Grant: 86400, Interaction: 600, Session: 600, DeviceCode: 600, AuthorizationCode: 60, IdToken: 600,
  },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  renderError: (ctx, out) => { ctx.body = page(`error: ${out.error} ${out.error_description ?? ''}`, ''); },
});

const page = (title, form) => `<!doctype html><title>${title}</title>${form}`;

async function body(ctx) {
  const chunks = [];
  for await (const chunk of ctx.req) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function interact(ctx) {
  const details = await provider.interactionDetails(ctx.req, ctx.res);
  if (ctx.method === 'GET') {
    ctx.body = page('sign in', `<form method="post" action="${ctx.path}"><input type="text" name="login"/></form>`);
    return;
  }
  const login = new URLSearchParams(await body(ctx)).get('login');
  if (login === 'nobody') {
    const refusal = { error: 'access_denied', error_description: 'the person said no' };
    await provider.interactionFinished(ctx.req, ctx.res, refusal, { mergeWithLastSubmission: false });
    ctx.respond = false;
    return;
  }
  const grant = new provider.Grant({ accountId: login, clientId: details.params.client_id });
  for (const scope of (details.params.scope ?? '').split(' ').filter(Boolean)) {
    if (['openid', 'offline_access'].includes(scope) || settingsOf(login).granted.includes(scope)) grant.addOIDCScope(scope);
    else grant.rejectOIDCScope(scope);
  }
  const grantId = await grant.save();
  grantsOf.set(login, [...(grantsOf.get(login) ?? []), grantId]);
  await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: login }, consent: { grantId } });
  ctx.respond = false;
}

// What a test asks of the server behind everybody's back.
async function turn(ctx) {
  const asked = JSON.parse((await body(ctx)) || '{}');
  const what = ctx.path.slice('/test/'.length);
  const grants = grantsOf.get(asked.login) ?? [];
  if (what === 'set') {
    settings.set(asked.login, { ...settingsOf(asked.login), ...asked });
  } else if (what === 'down') {
    isDown = asked.down;
  } else if (what === 'revoke') {
    for (const id of grants) {
      await Promise.all([provider.AccessToken.revokeByGrantId(id), provider.RefreshToken.revokeByGrantId(id)]);
      await (await provider.Grant.find(id))?.destroy();
    }
  }
  const about = (list) => list.filter((entry) => entry.login === asked.login);
  ctx.body = { renewals: about(renewals), issued: about(issued) };
}

provider.use(async (ctx, next) => {
  if (ctx.path.startsWith('/test/')) return turn(ctx);
  // Mail servers know another door.
  if (isDown && ctx.path !== '/token/introspection') {
    ctx.status = 503;
    ctx.body = 'down for maintenance';
    return undefined;
  }
  if (ctx.path.startsWith('/interaction/')) return interact(ctx);
  await next();
  if (ctx.path === '/token') {
    const login = ctx.oidc?.entities.Account?.accountId ?? ctx.oidc?.entities.RefreshToken?.accountId;
    if (ctx.body?.expires_in && settingsOf(login).said) ctx.body.expires_in = settingsOf(login).said;
    for (const token of [ctx.body?.access_token, ctx.body?.refresh_token]) if (token) issued.push({ login, token });
    if (ctx.oidc?.params?.grant_type === 'refresh_token') {
      renewals.push({ login, ok: ctx.status === 200, error: ctx.body?.error_description });
    }
  }
  return undefined;
});
provider.on('server_error', (_ctx, error) => console.error(error));

provider.listen(port, '127.0.0.1', () => console.log(`listening on ${issuer}`));
