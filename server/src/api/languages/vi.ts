import type { PageWords } from '../page-look.ts'

export const words: PageWords = {
  title: 'Đăng nhập · Parley',
  heading: 'Đăng nhập Parley',
  username: 'Tên đăng nhập',
  password: 'Mật khẩu',
  signIn: 'Đăng nhập',
  demo: 'Đây là bản dùng thử: {john} và {bill} đăng nhập bằng mật khẩu {secret}.',
  invalidCredentials: 'Sai tên đăng nhập hoặc mật khẩu!',
  expiredForm: 'Trang này đã hết hạn. Vui lòng thử lại.',
  busy: 'Parley đang bận. Vui lòng thử lại sau ít phút.',
  tooManyAttempts: (minutes) =>
    `Đăng nhập sai quá nhiều lần. Vui lòng thử lại sau ${minutes} phút.`,
  failed: (request) => `Đã xảy ra lỗi (yêu cầu ${request}).`,
  unreadable: 'Không đọc được nội dung đã gửi. Vui lòng thử lại.',
  nothingHere: 'Không có gì ở đây.',
  notAllowed: 'Việc này không được phép, hoặc trang đã hết hạn. Hãy quay lại và thử lại.',
  back: 'Về Parley',
  needsJavaScript: 'Parley cần JavaScript để hiển thị các cuộc trò chuyện của bạn.',
}
