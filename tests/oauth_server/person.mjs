// A person with a browser: opens an address, keeps cookies, follows redirections, fills in the forms that come, and is done
// where no form is left.
//
//   PERSON=LOGIN [CODE=…] node person.mjs ADDRESS     (as $BROWSER is called; PERSON=nobody says no)

const typed = { login: process.env.PERSON, user_code: process.env.CODE };
const jar = new Map();

async function visit(address, form) {
  const url = new URL(address);
  const cookies = [...jar].filter(([name]) => name.startsWith(`${url.origin} `));
  const headers = { cookie: cookies.map(([name, value]) => `${name.split(' ')[1]}=${value}`).join('; ') };
  const answer = await fetch(url, { redirect: 'manual', headers, ...(form && { method: 'POST', body: form }) });
  for (const cookie of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
    jar.set(`${url.origin} ${name}`, value);
  }
  const text = await answer.text();
  const next = answer.headers.get('location');
  if (next) return visit(new URL(next, url).href);
  return { url, text };
}

let at = await visit(process.argv[2]);
for (let n = 0; n < 10; n += 1) {
  const form = /<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/.exec(at.text);
  if (!form) break;
  const fields = new URLSearchParams();
  for (const [input] of form[2].matchAll(/<input[^>]*>/g)) {
    const of = (name) => new RegExp(`\\b${name}="([^"]*)"`).exec(input)?.[1] ?? '';
    fields.set(of('name'), of('value') || typed[of('name')] || '');
  }
  at = await visit(new URL(form[1], at.url).href, fields);
}
console.log(at.text);
