// The setup guide's Node sample: the function exactly as customers copy it.
// biome-ignore-all format: not ours to change
// biome-ignore-all lint: not ours to change
const crypto = require('crypto');
function verifyWebhook(payload, signature, secret) {
const hmac = crypto
.createHmac('sha256', secret)
.update(payload)
.digest('hex');
return crypto.timingSafeEqual(
Buffer.from(signature),
Buffer.from(hmac)
);
}

module.exports = { verifyWebhook };
