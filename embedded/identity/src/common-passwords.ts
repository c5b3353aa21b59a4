/**
 * What is tried first: the words behind the commonest passwords, in small letters and without the digits and signs that people
 * hang on. Long enough to stop the lists that everybody has; the back-off stops the rest.
 */

const WORDS = `
password passwort parola contrasena motdepasse passwords mypassword newpassword thepassword passwordone letmein letmeinnow
welcome welcomehome welcomeback bunvenit iloveyou iloveyouso teiubesc loveyouforever trustno administrator administrators
adminadmin admin rootroot superadmin superuser masterkey master changeme changemenow changeit default defaultpassword
temporary temporarypassword temppassword secret secretpassword topsecret supersecret qwerty qwertyuiop qwertyqwerty azerty
azertyuiop asdfgh asdfghjkl zxcvbnm qazwsx qazwsxedc qazwsxedcrfv oneqaztwowsx monkey dragon sunshine princess football
footballer baseball basketball soccer hockey superman batman spiderman starwars pokemon michael michelle jennifer jessica
charlie ashley daniel thomas andrew joshua matthew alexander alexandra christopher elizabeth maximilian stefania cristina
gabriela ionescu popescu steaua dinamo craiova timisoara bucuresti bucharest romania cluj chelsea arsenal liverpool
manchester barcelona juventus realmadrid shadow computer internet whatever nothing freedom flower hello helloworld
helloeveryone goodmorning goodbye summer winter spring autumn january february september october november december
monday tuesday wednesday thursday friday saturday sunday energy electricity electric energie electrica smartmeter
smartmetering meter metering contor contoare apometru utility utilities company manager managers operator operators
correcthorsebatterystaple correct horse battery staple correcthorse abcdefgh abcdef abc aaaaaa access accessgranted
testtest testing test tester testpassword testuser guest guestguest user username usernamepassword demodemo demo
login loginlogin system systems server database oracle postgres keycloak keycloakkeycloak fiware mosquitto orion
`;

export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(WORDS.split(/\s+/).filter((word) => word !== ''));
